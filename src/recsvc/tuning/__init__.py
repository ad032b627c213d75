"""In: a dataset, whose test ratings are never used. Out: the config that ranks best on hold-outs inside the rest.

`spaces` has what is searched, `holdouts` what it is measured on, and `search` the objective and the study.
"""
