"""In: the TMDB API, or the TMDB 5000 tables. Out: the movies of a dataset with the details that TMDB has of them."""
