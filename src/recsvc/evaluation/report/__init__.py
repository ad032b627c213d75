"""In: a published version and its dataset, or the report of an evaluation. Out: one self-contained HTML page."""
