"""In: ranked lists and predictions beside what was held out. Out: figures, and how sure they are."""
