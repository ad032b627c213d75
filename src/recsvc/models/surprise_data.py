"""Ratings in the form that scikit-surprise needs. Only `fit` imports this, since it imports pandas."""

from __future__ import annotations

from typing import Any

import numpy as np

from recsvc.features.interactions import Interactions
from recsvc.types import MAX_STARS, MIN_STARS, Rows


def trainset_of(interactions: Interactions, rows: Rows) -> Any:
    """Return a Surprise Trainset of the ratings of some movies; raw ids are the numbers of users and the rows."""
    import pandas as pd
    import surprise

    wanted = np.zeros(interactions.n_movies, np.bool_)
    wanted[rows] = True
    here = wanted[interactions.rows]
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
    """Return the row of each movie of a Trainset, in the order of its inner ids."""
    return np.array([trainset.to_raw_iid(item) for item in trainset.all_items()], np.int32)
