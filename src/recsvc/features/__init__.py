"""In: the Ratings and Movies tables. Out: matrices and row numbers, which is all that models see of a dataset."""
