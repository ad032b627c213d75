"""In: matrices over one vocabulary of movies.

Out: scores, similarities and exact explanations for every movie.
"""
