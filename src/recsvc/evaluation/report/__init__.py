"""In: a published version and the dataset it learned from. Out: one page on which a user can judge it."""
