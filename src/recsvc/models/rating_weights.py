"""What a rating weighs: how strongly it is learned from, and with which sign it speaks for a user."""

from __future__ import annotations

import numpy as np

from recsvc.features.interactions import Centring, Interactions
from recsvc.types import FloatK

NEUTRAL_STARS = 3.0
_STARS = np.array([0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0])
_SIGNED = np.array([-0.3, -0.25, -0.1, 0.5, 1.0, 1.25, 1.5])
_HALVES = np.interp(np.arange(11) / 2, _STARS, _SIGNED).astype(np.float32)


def signed_weights(stars: FloatK) -> FloatK:
    """How much each rating (n,) of a user speaks for what is like it; below 2 stars it speaks against it.

    Piecewise linear: 1 star -0.25, 1.5 stars -0.1, 2 stars 0.5, 3 stars 1, 5 stars 1.5. That a movie was chosen at all
    says something for it, so that only a clear dislike has a negative sign.
    """
    weights: FloatK = _HALVES[(stars * 2 + 0.5).astype(np.intp)]
    return weights


def training_weights(stars: FloatK, slope: float, centre: FloatK | float = NEUTRAL_STARS) -> FloatK:
    """How strongly each rating (n,) is learned from: `1 + slope * (stars - centre)`, never negative."""
    weights: FloatK = np.maximum(1 + np.float32(slope) * (stars - np.float32(centre)), 0).astype(np.float32)
    return weights


def learned_weights(interactions: Interactions, slope: float, centring: Centring = "none") -> FloatK:
    """`training_weights` of all ratings (n,), compared with 3 stars ("none") or with the mean that `centring` names."""
    if centring == "none":
        return training_weights(interactions.stars, slope)
    _, users, movies = interactions.means(centring)
    means = users[interactions.users] if centring == "user" else movies[interactions.rows]
    return training_weights(interactions.stars, slope, means.astype(np.float32))
