"""Ratings as scikit-surprise wants them; imported by `fit` alone, since it brings pandas."""

from __future__ import annotations

from typing import Any

import numpy as np

from recsvc.features.interactions import Interactions
from recsvc.types import MAX_STARS, MIN_STARS, Rows


def trainset_of(interactions: Interactions, movies: Rows) -> Any:
    """A Surprise Trainset of the ratings of some movies, its raw ids being the numbers of users and rows."""
    import pandas as pd
    import surprise

    asked = np.zeros(interactions.n_movies, np.bool_)
    asked[movies] = True
    here = asked[interactions.rows]
    table = pd.DataFrame(
        {
            "user": interactions.users[here],
            "item": interactions.rows[here],
            "stars": interactions.stars[here].astype(np.float64),
        }
    )
    reader = surprise.Reader(rating_scale=(MIN_STARS, MAX_STARS))
    return surprise.Dataset.load_from_df(table, reader).build_full_trainset()


def rows_of(trainset: Any) -> Rows:
    """The row of each of its movies, in the order of its inner ids."""
    return np.array([trainset.to_raw_iid(item) for item in trainset.all_items()], np.int32)
