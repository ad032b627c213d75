"""In: a dataset and a config. Out: a published version, gated before it may serve."""
