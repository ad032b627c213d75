"""The reference for similarities: the plain sum of genre, text and co-rating cosines. Nothing is fitted or tuned."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import sparse

from recsvc.evaluation.protocols.judged_pairs import CataloguePairs
from recsvc.evaluation.protocols.similarity import PairValues
from recsvc.features.interactions import Interactions
from recsvc.features.metadata import genre_matrix
from recsvc.features.text import words
from recsvc.types import Movie

NAME = "plain-sum"


def plain_sum(interactions: Interactions, movies: Sequence[Movie], pairs: CataloguePairs) -> PairValues:
    """Return the sum of three cosines, each with mean 0 and standard deviation 1 over the pairs."""
    return np.asarray(
        _standardised(genre_cosines(movies, pairs))
        + _standardised(text_cosines(movies, pairs))
        + _standardised(co_rating_cosines(interactions, pairs))
    )


def genre_cosines(movies: Sequence[Movie], pairs: CataloguePairs) -> PairValues:
    """Return the number of common genres / sqrt(genres of one * genres of the other), 0 where a movie has none."""
    flags = genre_matrix(movies).astype(np.float64)
    shared = (flags[:, pairs.first] * flags[:, pairs.second]).sum(axis=0)
    counts = flags.sum(axis=0)
    return np.asarray(shared / np.sqrt(np.maximum(counts[pairs.first] * counts[pairs.second], 1)))


def text_cosines(movies: Sequence[Movie], pairs: CataloguePairs) -> PairValues:
    """Return the cosine of the TF-IDF vectors of stemmed overview, keywords and genres; 0 where a movie has none.

    The weighting is scikit-learn's with 1 + ln(count), and not that of the models, so that the reference stays the same
    when they change.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer

    bags = [[*words(movie.overview), *movie.keywords, *movie.genres] for movie in movies]
    if not any(bags):
        return np.zeros(len(pairs))
    vectors = sparse.csr_array(TfidfVectorizer(analyzer=list, sublinear_tf=True).fit_transform(bags))
    return np.asarray(vectors[pairs.first].multiply(vectors[pairs.second]).sum(axis=1), np.float64).ravel()


def co_rating_cosines(interactions: Interactions, pairs: CataloguePairs) -> PairValues:
    """Return the number of users who rated both / sqrt(raters of one * raters of the other), 0 without raters."""
    users = interactions.matrix(np.ones(len(interactions.stars), np.float32)).tocsc()
    rated_both = users[:, pairs.first].multiply(users[:, pairs.second]).sum(axis=0)
    counts = interactions.counts().astype(np.float64)
    raters = np.maximum(counts[pairs.first] * counts[pairs.second], 1)
    return np.asarray(np.asarray(rated_both, np.float64).ravel() / np.sqrt(raters))


def _standardised(values: PairValues) -> PairValues:
    deviation = float(values.std()) if len(values) else 0.0
    return np.asarray((values - values.mean()) / deviation) if deviation > 0 else np.zeros(len(values))
