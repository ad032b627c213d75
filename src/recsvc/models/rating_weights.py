"""Weights of ratings: how much a rating counts in training, and with which sign in the taste of a user."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from recsvc.features.interactions import Centring, Interactions
from recsvc.types import FloatK, Rows, Taste

NEUTRAL_STARS = 3.0
USUAL_STARS = 3.5
"""The mean of all ratings where there are none."""
USUAL_RATINGS = 20.0
"""The usual stars of a user are the mean over their ratings and this many of the mean of all."""
_MOST_AGAINST = np.float32(-0.6)
_ROUNDING = np.float32(1e-4)
_STARS = np.array([0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0])
_AMONG_LIKES = np.array([-0.3, -0.25, -0.1, 0.5, 1.0, 1.25, 1.5])
_BY_HALF_STARS = np.interp(np.arange(11) / 2, _STARS, _AMONG_LIKES).astype(np.float32)


@dataclass(frozen=True, slots=True)
class TasteWeights:
    """The weights of ratings in a taste, for a catalogue whose mean rating is `usual_stars`.

    A rating says that a user chose a movie, and whether it pleased. Among movies that pleased, having chosen one is a
    sign of interest by itself: 5 stars weigh 1.5, 3 stars 1, 2 stars 0.5, and only a clear dislike is negative (1 star
    -0.25; linear in between). Where nothing pleased, a rating of fewer stars than usual says what to leave out: it
    weighs `1 + stars - usual`, at least -0.6. With n ratings of at least the usual stars, the first counts with
    `n / (n + 1)` and the second with the rest. The usual stars of a user are the mean over their ratings and
    `USUAL_RATINGS` of the mean of all: what is low for most may be praise by some.
    """

    usual_stars: float = USUAL_STARS

    @classmethod
    def of(cls, interactions: Interactions) -> Self:
        """Return the weights for what was trained on these ratings."""
        return cls(float(interactions.stars.mean(dtype=np.float64))) if len(interactions.stars) else cls()

    def taste(self, taste: Taste) -> FloatK:
        """Return the weight of each rating (n,) of one user."""
        stars = taste.stars
        beyond = stars - _usual(stars, self.usual_stars)
        likes = int(np.count_nonzero(beyond >= -_ROUNDING))
        return _mixed(stars, beyond, np.float32(likes / (likes + 1)))

    def liked(self, taste: Taste) -> Rows:
        """Return the movies that one user gave at least their usual stars."""
        usual = _usual(taste.stars, self.usual_stars)
        return taste.rows[taste.stars - usual >= -_ROUNDING]

    def all(self, users: Interactions) -> FloatK:
        """Return the weight of each rating (n,) of many users."""
        stars, owners, n_users = users.stars, users.users, users.n_users
        totals = np.bincount(owners, stars, minlength=n_users) + USUAL_RATINGS * self.usual_stars
        usual = totals / (np.bincount(owners, minlength=n_users) + USUAL_RATINGS)
        beyond = stars - usual.astype(np.float32)[owners]
        likes = np.bincount(owners, beyond >= -_ROUNDING, minlength=n_users)
        share = (likes / (likes + 1)).astype(np.float32)[owners]
        return _mixed(stars, beyond, share)


def _usual(stars: FloatK, of_all: float) -> np.float32:
    """Return the usual stars of one user."""
    total = float(stars.sum(dtype=np.float64)) + USUAL_RATINGS * of_all
    return np.float32(total / (len(stars) + USUAL_RATINGS))


def _mixed(stars: FloatK, beyond: FloatK, share: FloatK | np.float32) -> FloatK:
    """Return the weights of ratings (n,) that are so much beyond what is usual, the first reading having a share."""
    among_likes: FloatK = _BY_HALF_STARS[(stars * 2 + 0.5).astype(np.intp)]
    alone = np.maximum(1 + beyond, _MOST_AGAINST)
    low = np.minimum(among_likes, share * among_likes + (1 - share) * alone)
    weights: FloatK = np.where(beyond >= -_ROUNDING, among_likes, low).astype(np.float32)
    return weights


def training_weights(stars: FloatK, slope: float, centre: FloatK | float = NEUTRAL_STARS) -> FloatK:
    """Return the weight of each rating (n,) in training: `1 + slope * (stars - centre)`, never negative."""
    weights: FloatK = np.maximum(1 + np.float32(slope) * (stars - np.float32(centre)), 0).astype(np.float32)
    return weights


def interaction_weights(interactions: Interactions, slope: float, centring: Centring = "none") -> FloatK:
    """Return `training_weights` of all ratings (n,), centred on 3 stars ("none") or on the mean named by `centring`."""
    if centring == "none":
        return training_weights(interactions.stars, slope)
    _, user_means, movie_means = interactions.means(centring)
    means = user_means[interactions.users] if centring == "user" else movie_means[interactions.rows]
    return training_weights(interactions.stars, slope, means.astype(np.float32))
