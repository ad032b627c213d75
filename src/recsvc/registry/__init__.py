"""In: trained components. Out: an immutable, verified version in a directory, and aliases that say which one serves."""
