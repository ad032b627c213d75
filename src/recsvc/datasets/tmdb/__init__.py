"""In: the TMDB API, or the TMDB 5000 tables. Out: the movies of a dataset, filled with what TMDB knows of them."""
