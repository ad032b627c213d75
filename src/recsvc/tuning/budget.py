"""How many trials the size of the data affords."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from recsvc.datasets.dataset import Dataset
from recsvc.models.collaborative import CollaborativeConfig
from recsvc.tuning.holdouts import ENOUGH_UNKNOWN, MOST_WINDOWS, WINDOWS
from recsvc.tuning.spaces import GROUPS, HALF_LIVES, STARS_BELOW

LEAST_RATINGS, LEAST_USERS = 2_000, 50
"""With fewer, hold-outs are too small to tell configs apart, and the defaults are used."""
LEAST_TRIALS, MOST_TRIALS = 17, 49
SECONDS = 120.0
"""About how long the search may take on one processor."""
SECONDS_PER_PRODUCT, SECONDS_PER_SCORE, SECONDS_PER_RATING, SECONDS_PER_RECENCY = 3e-11, 3e-8, 7e-7, 1.5e-7
ROUND = 8
"""The number of trials around one centre."""
SEEDS = (1, 2, 3)
"""Every trial is measured on the hold-outs of the first seed, and the best of a round on those of all."""
FINALISTS = 3
CONFIRMING_SEEDS = (4, 5, 6, 7)
CONFIRMED = 4
"""So many of the best of all rounds are measured on these seeds in the end, and so are the defaults."""
HOLD_OUTS = 2
"""Models that are trained for each trial and seed; with the first one, also one for each window in time."""
REMEMBERED_BYTES = 2**29
LEAST_REMEMBERED = HOLD_OUTS + WINDOWS
MOST_REMEMBERED = 2 * (LEAST_REMEMBERED + HOLD_OUTS * (len(SEEDS) + len(CONFIRMING_SEEDS) - 1))
"""How many models of a kind are kept: two of every hold-out where memory allows, at least those of the first seed."""


class Budget(NamedTuple):
    """The number of trials, and about how many seconds on one processor and bytes for each process they need."""

    trials: int
    seconds: float
    bytes: int


def enough_to_search(dataset: Dataset) -> bool:
    """Return whether there are ratings enough to search settings."""
    return len(dataset.ratings) >= LEAST_RATINGS and len(dataset.ratings.user_labels) >= LEAST_USERS


def budget(dataset: Dataset, trials: int | None = None) -> Budget:
    """Return what a search needs; None makes as many trials as take `SECONDS`, at least `LEAST_TRIALS`.

    Of the m movies that are trained on and the n users, a trial needs the time of products of (m, m) and (m, min(m, n))
    matrices, of the scores of some users, and of the ratings. Popularity for users without ratings is computed from the
    ratings for each of its settings, in as many windows as have enough such users if a tenth of all are in each.
    """
    ratings = dataset.ratings
    n_users = len(ratings.user_labels)
    n_trained = trained_movies(dataset)
    products = n_trained**2 * min(n_trained, n_users)
    scores = min(n_users, 1000) * len(dataset.movies)
    once = SECONDS_PER_PRODUCT * products + SECONDS_PER_SCORE * scores + SECONDS_PER_RATING * len(ratings)
    each = once * (HOLD_OUTS + WINDOWS + HOLD_OUTS * FINALISTS * (len(SEEDS) - 1) / ROUND)
    confirming = HOLD_OUTS * len(CONFIRMING_SEEDS)
    last = once * (confirming * (CONFIRMED + 1) + (confirming + HOLD_OUTS + WINDOWS) * len(GROUPS))
    windows = min(MOST_WINDOWS, 1 + 10 * ENOUGH_UNKNOWN // n_users)
    last += SECONDS_PER_RECENCY * len(ratings) * len(HALF_LIVES) * len(STARS_BELOW) * windows
    if trials is None:
        trials = min(max(int((SECONDS - last) / each), LEAST_TRIALS), MOST_TRIALS)
    in_bytes = (24 + 2 * 4 * remembered(n_trained)) * n_trained**2 + 4 * 26 * scores + 200 * len(ratings)
    return Budget(trials, trials * each + last, in_bytes)


def trained_movies(dataset: Dataset) -> int:
    """Return for how many movies matrices of item-item weights are trained."""
    return min(len(np.unique(dataset.ratings.movie_ids)), CollaborativeConfig().max_movies)


def remembered(n_trained: int) -> int:
    """Return how many matrices (n_trained, n_trained) of weights of each kind are kept between trials."""
    return max(min(REMEMBERED_BYTES // (4 * n_trained**2), MOST_REMEMBERED), LEAST_REMEMBERED)
