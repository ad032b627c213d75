"""recsvc: a self-hosted movie recommender. Ratings and metadata go in, explained recommendations come out."""

from importlib.metadata import version

__version__ = version("recsvc")
