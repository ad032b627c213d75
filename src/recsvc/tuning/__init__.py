"""In: ratings. Out: the config of the hybrid that ranks best on hold-outs inside them.

`spaces` has what is searched, `holdouts` what it is measured on, `objective` how trials are compared, `search` which
are made, and `tuned` the hybrid that searches before it is trained.
"""
