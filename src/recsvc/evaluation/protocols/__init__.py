"""In: a dataset, models and a seed. Out: what each model predicts of held-out data, and how good that is."""
