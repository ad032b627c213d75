"""In: a dataset, and judged pairs for similarities. Out: ablations, similarity weights, and references for evaluation.

Only `cli` and `scripts` import what is here.
"""
