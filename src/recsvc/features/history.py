"""The ratings of the users of the public dataset, by user label."""

from __future__ import annotations

from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from recsvc.datasets.dataset import Ratings
from recsvc.features.interactions import Interactions
from recsvc.types import EMPTY_TASTE, State, Taste


class History:
    """The ratings of the users of a dataset, with an index from user labels to users.

    `labels` are bytes (n_users,) in ascending order; `users` int32 (n_users,) are the users with these labels.
    """

    kind: ClassVar[str] = "history"

    def __init__(self, labels: NDArray[np.bytes_], users: NDArray[np.int32], interactions: Interactions) -> None:
        self._labels = labels
        self._users = users
        self._interactions = interactions

    @classmethod
    def of(cls, ratings: Ratings, interactions: Interactions) -> Self:
        """Build the history of a dataset; `interactions` are the same ratings over the vocabulary of the catalogue."""
        labels = np.array([label.encode() for label in ratings.user_labels], np.bytes_)
        order = np.argsort(labels, kind="stable").astype(np.int32)
        return cls(labels[order], order, interactions)

    def __len__(self) -> int:
        return len(self._labels)

    def has(self, label: str) -> bool:
        """Return whether the dataset has a user with this label."""
        return self._find(label) is not None

    def taste(self, label: str) -> Taste:
        """Return the ratings of a user; empty if the dataset has no user with this label."""
        user = self._find(label)
        return EMPTY_TASTE if user is None else self._interactions.taste(user)

    def _find(self, label: str) -> int | None:
        key = label.encode()
        at = int(np.searchsorted(self._labels, np.bytes_(key)))
        return int(self._users[at]) if at < len(self._labels) and self._labels[at] == key else None

    def state(self) -> State:
        """Return the labels, and the ratings in the order of the users."""
        interactions = self._interactions
        arrays = {
            "labels": self._labels,
            "users": self._users,
            "starts": interactions.starts,
            "rows": interactions.rows,
            "stars": interactions.stars,
        }
        return State({"n_movies": interactions.n_movies}, arrays)

    @classmethod
    def from_state(cls, state: State) -> Self:
        """Rebuild the history from its state."""
        arrays = state.arrays
        interactions = Interactions(state.config["n_movies"], arrays["starts"], arrays["rows"], arrays["stars"])
        return cls(arrays["labels"], arrays["users"], interactions)
