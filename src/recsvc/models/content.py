"""Content: films are alike when their tags are, whoever rated them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import ClassVar, Self

import numpy as np
from scipy import sparse

from recsvc.features.interactions import Interactions
from recsvc.features.text import TagMatrix, Vectoriser, tag_matrix
from recsvc.models.contract import Capabilities, Explanation, Model
from recsvc.models.weights import signed_weights
from recsvc.types import Array, FloatK, FloatMovies, Movie, Rows, State, Taste


@dataclass(frozen=True, slots=True)
class ContentConfig:
    """`vectoriser` is "tfidf", "counts" or "hashing".

    `min_films` drops tags of fewer films; `decades` adds the release decade as a tag.
    """

    vectoriser: Vectoriser = "tfidf"
    min_films: int = 2
    decades: bool = True


class Content(Model):
    """Cosine between tag vectors; a person's score for a film is the sum over what they rated of `weight * cosine`.

    A film without any tag, and a person without a rating, is NaN.
    """

    kind: ClassVar[str] = "content"
    capabilities: ClassVar[Capabilities] = Capabilities(
        new_people=True, new_movies=True, similar=True, stars=False, explains=True, personal=True
    )

    def __init__(self, config: ContentConfig | None = None) -> None:
        self.config = config or ContentConfig()
        self._hold(sparse.csr_array(np.empty((0, 0), np.float32)))

    def fit(self, interactions: Interactions, movies: Sequence[Movie], *, rng: np.random.Generator) -> Self:  # noqa: ARG002
        """Weigh the tags of every film; ratings play no part."""
        self._hold(
            tag_matrix(
                movies, vectoriser=self.config.vectoriser, min_films=self.config.min_films, decades=self.config.decades
            )
        )
        return self

    def _hold(self, tags: TagMatrix) -> None:
        self._tags = tags
        self._silent = np.diff(tags.indptr) == 0

    def score(self, taste: Taste) -> FloatMovies:
        """Sum of signed weight times cosine."""
        if not len(taste):
            return np.full(self._tags.shape[0], np.nan, np.float32)
        return self._against(np.asarray(self._tags[taste.rows].T @ signed_weights(taste.stars)))

    def similar(self, row: int) -> FloatMovies:
        """Cosine to every film, 0-1."""
        if self._silent[row]:
            return np.full(self._tags.shape[0], np.nan, np.float32)
        return self._against(self._profile(row))

    def cosines(self, row: int, rows: Rows) -> FloatK:
        """Cosine of one film to some others (k,), 0 where a film has no tags."""
        return np.asarray(self._tags[rows] @ self._profile(row))

    def _profile(self, row: int) -> FloatK:
        """The tag vector of one film, dense (n_tags,)."""
        here = slice(self._tags.indptr[row], self._tags.indptr[row + 1])
        profile = np.zeros(self._tags.shape[1], np.float32)
        profile[self._tags.indices[here]] = self._tags.data[here]
        return profile

    def _against(self, profile: FloatK) -> FloatMovies:
        scores: FloatMovies = np.asarray(self._tags @ profile)
        scores[self._silent] = np.nan
        return scores

    def explain(self, taste: Taste, rows: Rows) -> Explanation:
        """Each rated film contributes its weight times its cosine; the baseline is 0."""
        cosines = sparse.csr_array(self._tags[rows] @ self._tags[taste.rows].T).toarray()
        return Explanation(np.zeros(len(rows), np.float32), cosines * signed_weights(taste.stars))

    def state(self) -> State:
        """The CSR matrix (n_movies, n_tags): `data` float32, `indices` int32, `starts` int64."""
        arrays: dict[str, Array] = {
            "data": self._tags.data,
            "indices": self._tags.indices.astype(np.int32),
            "starts": self._tags.indptr.astype(np.int64),
        }
        return State({**asdict(self.config), "n_tags": self._tags.shape[1]}, arrays)

    @classmethod
    def from_state(cls, state: State) -> Self:
        """Make the model again."""
        config = dict(state.config)
        n_tags = config.pop("n_tags")
        model = cls(ContentConfig(**config))
        starts = state.arrays["starts"]
        shape = (len(starts) - 1, n_tags)
        model._hold(sparse.csr_array((state.arrays["data"], state.arrays["indices"], starts), shape=shape))
        return model
