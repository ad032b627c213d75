"""What movies are about as vectors, by a neural text encoder: an extra, and for training only."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from recsvc.datasets.dataset import Dataset
from recsvc.errors import ConfigurationError
from recsvc.types import Movie

BATCH = 128


class TextEncoder(Protocol):
    """What is used of `SentenceTransformer` (Reimers & Gurevych 2019, "Sentence-BERT")."""

    def encode(self, inputs: Sequence[str], *, show_progress_bar: bool) -> NDArray[np.float32]:
        """Return a vector for each text: float32 (n_texts, n_dimensions)."""


def load_encoder(model: str) -> TextEncoder:
    """Load a text encoder by its name at Hugging Face, or from a folder.

    Raises:
        ConfigurationError: The extra is not installed, or there is no such model.
    """
    try:
        from sentence_transformers import SentenceTransformer
    except ImportError:
        raise ConfigurationError(
            "RECSVC_EMBEDDING_MODEL is set, and the extra `embeddings` is not installed: pip install "
            "'recsvc[embeddings]'"
        ) from None
    try:
        encoder: TextEncoder = SentenceTransformer(model, device="cpu")
    except (OSError, ValueError) as error:
        reason = str(error).strip().splitlines() or [type(error).__name__]
        raise ConfigurationError(f"RECSVC_EMBEDDING_MODEL: {model} cannot be loaded: {reason[0]}") from error
    return encoder


def batches(dataset: Dataset) -> int:
    """Return how many batches of texts a dataset has."""
    return -(-len(dataset.movies) // BATCH)


def with_embeddings(dataset: Dataset, model: str, progress: Callable[[str, int], None]) -> Dataset:
    """Add the vector of each movie's `description`; `progress` is called with a name and the total before each batch.

    Raises:
        ConfigurationError: The encoder cannot be loaded, or a vector is not finite.
    """
    encoder, total = load_encoder(model), batches(dataset)
    movies = []
    for start in range(0, len(dataset.movies), BATCH):
        progress("embedding the texts", total)
        batch = dataset.movies[start : start + BATCH]
        vectors = np.asarray(encoder.encode([description(movie) for movie in batch], show_progress_bar=False))
        if not np.isfinite(vectors).all():
            raise ConfigurationError(f"RECSVC_EMBEDDING_MODEL: {model} gives vectors that are not finite")
        movies += [
            replace(movie, embedding=vector.astype("<f4").tobytes())
            for movie, vector in zip(batch, vectors, strict=True)
        ]
    return replace(dataset, movies=tuple(movies), embedding_model=model)


def description(movie: Movie) -> str:
    """Return what is said of a movie in one text: title, genres, overview, keywords and tags."""
    parts = (
        f"{movie.title}.",
        f"{', '.join(movie.genres)}." if movie.genres else "",
        movie.overview,
        ", ".join((*movie.keywords, *movie.tags)),
    )
    return " ".join(part for part in parts if part)
