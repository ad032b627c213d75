"""In: delimited files. Out: their rows with true line numbers, and the Ratings table they hold."""
