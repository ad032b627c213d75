"""In: HTTP requests. Out: JSON. Nothing is decided here that does not depend on HTTP."""
