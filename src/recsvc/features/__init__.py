"""In: the Ratings and Movies tables. Out: matrices and row numbers, the only form in which models receive a dataset."""
