"""In: ranked lists and predictions, and the held-out ratings. Out: metrics and their confidence intervals."""
