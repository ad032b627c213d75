"""In: a dataset and untrained models. Out: what they predict of held-out data, as figures, tables and HTML pages.

References, such as a plain sum of similarities, are passed in by the caller.
"""
