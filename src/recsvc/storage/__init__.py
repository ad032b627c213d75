"""In: feedback, events, lists and keys.

Out: the same, kept in SQLite or PostgreSQL, as frozen records or as columns.
"""
