"""In: a loaded version and a taste. Out: a ranked, explained answer. No HTTP and no SQL here."""
