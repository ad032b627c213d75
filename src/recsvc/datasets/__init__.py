"""In: files on disk, or a URL to download them from.

Out: a `Dataset`, which consists of a Ratings table and the movies that were rated.
"""
