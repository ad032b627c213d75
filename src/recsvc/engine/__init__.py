"""In: a loaded version and the profile of a user.

Out: a ranked, explained answer. There is no HTTP and no SQL here.
"""
