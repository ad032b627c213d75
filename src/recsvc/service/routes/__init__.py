"""In: well-formed queries and bodies.

Out: what the use cases answer; a route decides nothing itself.
"""
