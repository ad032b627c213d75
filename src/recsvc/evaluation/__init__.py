"""In: scores and answers, and what people did. Out: numbers that anyone can compute again."""
