"""In: a database at any older schema. Out: the same at the newest; `versions` has one module a step."""
