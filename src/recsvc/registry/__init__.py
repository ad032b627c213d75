"""In: trained components.

Out: an immutable, verified version in a directory, and aliases that name the version that serves.
"""
