"""In: scores and answers, and what users did. Out: numbers that anyone can compute again."""
