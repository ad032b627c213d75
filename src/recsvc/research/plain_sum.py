"""The reference for what is similar: genres, texts and co-ratings, plainly added up. Nothing is learned or tuned."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import sparse

from recsvc.evaluation.protocols.judged_pairs import HeldPairs
from recsvc.evaluation.protocols.similarity import PairValues
from recsvc.features.interactions import Interactions
from recsvc.features.metadata import genre_matrix
from recsvc.features.text import words
from recsvc.types import Movie

NAME = "plain-sum"


def plain_sum(interactions: Interactions, movies: Sequence[Movie], pairs: HeldPairs) -> PairValues:
    """The sum of three cosines, each with mean 0 and standard deviation 1 over the pairs."""
    return np.asarray(
        _standardised(genre_cosines(movies, pairs))
        + _standardised(text_cosines(movies, pairs))
        + _standardised(co_rating_cosines(interactions, pairs))
    )


def genre_cosines(movies: Sequence[Movie], pairs: HeldPairs) -> PairValues:
    """Genres in common / sqrt(genres of one * genres of the other), 0 where a movie has none."""
    flags = genre_matrix(movies).astype(np.float64)
    shared = (flags[:, pairs.first] * flags[:, pairs.second]).sum(axis=0)
    counts = flags.sum(axis=0)
    return np.asarray(shared / np.sqrt(np.maximum(counts[pairs.first] * counts[pairs.second], 1)))


def text_cosines(movies: Sequence[Movie], pairs: HeldPairs) -> PairValues:
    """Cosine of the TF-IDF vectors of stemmed overview, keywords and genres; 0 where a movie has none of them.

    It has its own weighting, scikit-learn's with 1 + ln(count), so that it stays what it is when models change theirs.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer

    bags = [[*words(movie.overview), *movie.keywords, *movie.genres] for movie in movies]
    if not any(bags):
        return np.zeros(len(pairs))
    vectors = sparse.csr_array(TfidfVectorizer(analyzer=list, sublinear_tf=True).fit_transform(bags))
    return np.asarray(vectors[pairs.first].multiply(vectors[pairs.second]).sum(axis=1), np.float64).ravel()


def co_rating_cosines(interactions: Interactions, pairs: HeldPairs) -> PairValues:
    """Users who rated both / sqrt(raters of one * raters of the other), 0 where nobody rated a movie."""
    users = interactions.matrix(np.ones(len(interactions.stars), np.float32)).tocsc()
    both = users[:, pairs.first].multiply(users[:, pairs.second]).sum(axis=0)
    counts = interactions.counts().astype(np.float64)
    raters = np.maximum(counts[pairs.first] * counts[pairs.second], 1)
    return np.asarray(np.asarray(both, np.float64).ravel() / np.sqrt(raters))


def _standardised(values: PairValues) -> PairValues:
    spread = float(values.std()) if len(values) else 0.0
    return np.asarray((values - values.mean()) / spread) if spread > 0 else np.zeros(len(values))
