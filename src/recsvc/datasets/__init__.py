"""In: files on disk, or a URL to fetch them from.

Out: a `Dataset`, which is a Ratings table and the movies it is about.
"""
