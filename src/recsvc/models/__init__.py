"""In: matrices over one vocabulary of films. Out: scores, similarities and exact explanations, film by film."""
