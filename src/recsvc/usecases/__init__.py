"""In: what a caller wants of the service, already well-formed.

Out: the answer, made by engine and storage together.
"""
