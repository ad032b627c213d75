"""In: training data. Out: the settings that find most on hold-outs inside it."""
