"""In: what users say about movies, and who asks.

Out: the same, kept in SQLite or PostgreSQL, as frozen records or as columns.
"""
