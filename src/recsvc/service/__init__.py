"""In: HTTP. Out: JSON. Nothing is decided here that would hold without HTTP too."""
