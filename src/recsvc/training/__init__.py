"""In: a dataset and a config. Out: a published version that passed the gate, or the reason why it did not."""
