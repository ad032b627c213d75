"""In: a published version and the dataset it learned from. Out: one page on which a person can judge it."""
