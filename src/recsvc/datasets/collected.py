"""What users told the service, as ratings beside those of a dataset."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np

from recsvc.datasets.dataset import Ratings
from recsvc.types import UserId


@dataclass(frozen=True, slots=True)
class Collected:
    """The ratings of the users of the service, by time.

    `user_ids` (n_users,) are the users of `ratings`, whose labels are numbers: no version names a user of the service.
    `cut` is the time of the newest write that was there when they were read; None if there was none.
    """

    ratings: Ratings
    user_ids: tuple[UserId, ...]
    cut: datetime | None = None


def joined(first: Ratings, second: Ratings) -> Ratings:
    """Return the ratings of both, whose users are different ones; those of the second come after those of the first."""
    n = len(first.user_labels)
    return Ratings(
        (*first.user_labels, *(f"{label} of the service" for label in second.user_labels)),
        np.concatenate([first.users, second.users + np.int32(n)]),
        np.concatenate([first.movie_ids, second.movie_ids]),
        np.concatenate([first.stars, second.stars]),
        np.concatenate([first.timestamps, second.timestamps]),
    )
