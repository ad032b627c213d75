"""In: the Ratings table and the movies. Out: matrices and row numbers, in which form alone models receive a dataset."""
