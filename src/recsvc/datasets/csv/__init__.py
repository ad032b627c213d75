"""In: delimited files. Out: their rows with correct line numbers, and the Ratings table in them."""
