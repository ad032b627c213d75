"""What the users of the public dataset rated, to be read by their label."""

from __future__ import annotations

from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from recsvc.datasets.tables import Ratings
from recsvc.features.interactions import Interactions
from recsvc.types import EMPTY_TASTE, State, Taste


class History:
    """The ratings of a dataset's users, and the labels to find them by.

    `labels` are bytes (n_users,) in ascending order, `users` int32 (n_users,) the user of each label.
    """

    kind: ClassVar[str] = "history"

    def __init__(self, labels: NDArray[np.bytes_], users: NDArray[np.int32], interactions: Interactions) -> None:
        self._labels = labels
        self._users = users
        self._interactions = interactions

    @classmethod
    def of(cls, ratings: Ratings, interactions: Interactions) -> Self:
        """Make the history of a dataset; `interactions` are those ratings over the catalogue's vocabulary."""
        labels = np.array([label.encode() for label in ratings.user_labels], np.bytes_)
        order = np.argsort(labels, kind="stable").astype(np.int32)
        return cls(labels[order], order, interactions)

    def __len__(self) -> int:
        return len(self._labels)

    def has(self, label: str) -> bool:
        """Whether the dataset has a user of this label."""
        return self._find(label) is not None

    def taste(self, label: str) -> Taste:
        """What a user rated; an empty taste for a label that is not there."""
        user = self._find(label)
        return EMPTY_TASTE if user is None else self._interactions.taste(user)

    def _find(self, label: str) -> int | None:
        key = label.encode()
        at = int(np.searchsorted(self._labels, np.bytes_(key)))
        return int(self._users[at]) if at < len(self._labels) and self._labels[at] == key else None

    def state(self) -> State:
        """The labels and the ratings user by user."""
        held = self._interactions
        arrays = {
            "labels": self._labels,
            "users": self._users,
            "starts": held.starts,
            "rows": held.rows,
            "stars": held.stars,
        }
        return State({"n_movies": held.n_movies}, arrays)

    @classmethod
    def from_state(cls, state: State) -> Self:
        """Make the history again."""
        arrays = state.arrays
        held = Interactions(state.config["n_movies"], arrays["starts"], arrays["rows"], arrays["stars"])
        return cls(arrays["labels"], arrays["users"], held)
