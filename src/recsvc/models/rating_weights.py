"""Weights of ratings: how much a rating counts in training, and with which sign in the taste of a user."""

from __future__ import annotations

import numpy as np

from recsvc.features.interactions import Centring, Interactions
from recsvc.types import FloatK

NEUTRAL_STARS = 3.0
_STARS = np.array([0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0])
_SIGNED = np.array([-0.3, -0.25, -0.1, 0.5, 1.0, 1.25, 1.5])
_BY_HALF_STARS = np.interp(np.arange(11) / 2, _STARS, _SIGNED).astype(np.float32)


def signed_weights(stars: FloatK) -> FloatK:
    """Return the weight of each rating (n,) in a user's taste; below 2 stars it is negative.

    The weight is piecewise linear: -0.25 for 1 star, -0.1 for 1.5 stars, 0.5 for 2, 1 for 3 and 1.5 for 5 stars. Having
    chosen to watch a movie is a sign of interest by itself, so that only a clear dislike has a negative weight.
    """
    weights: FloatK = _BY_HALF_STARS[(stars * 2 + 0.5).astype(np.intp)]
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
