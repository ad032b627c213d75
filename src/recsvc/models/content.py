"""Content: movies are alike when their tags are, whoever rated them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import ClassVar, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recsvc.features.interactions import Interactions
from recsvc.features.text import TagMatrix, Vectoriser, tag_matrix
from recsvc.models.contract import Capabilities, Explanation, ItemToItem
from recsvc.models.rating_weights import signed_weights
from recsvc.types import Array, BoolMovies, FloatK, FloatMatrix, FloatMovies, Movie, Rows, State, Taste

ROWS_AT_ONCE = 512


@dataclass(frozen=True, slots=True)
class ContentConfig:
    """`vectoriser` is "tfidf", "counts" or "hashing"; `min_movies` drops tags of fewer movies.

    `weights` says how much each field of tags (`features.text.FIELDS`) counts; 0 leaves it out. The defaults add up to
    1. They are about one over the spread of each field's cosines, so that each says as much; see docs/evaluation.md.
    """

    vectoriser: Vectoriser = "tfidf"
    min_movies: int = 2
    weights: Mapping[str, float] = field(
        default_factory=lambda: {"text": 0.36, "genres": 0.09, "credits": 0.26, "title": 0.17, "years": 0.12}
    )


class _Gathered(NamedTuple):
    """The tags of some movies: `owners` (m,) the place of the movie, `tags` (m,) the column, `values` (m,) the weight."""

    owners: NDArray[np.intp]
    tags: NDArray[np.int32]
    values: FloatK


class Content(ItemToItem):
    """The weighted sum of the cosines of the fields of tags; a user's score adds it up over what they rated.

    A movie without any tag, and a user without a rating, is NaN.
    """

    kind: ClassVar[str] = "content"
    capabilities: ClassVar[Capabilities] = Capabilities(
        new_users=True, new_movies=True, similar=True, stars=False, explains=True, personal=True
    )

    def __init__(self, config: ContentConfig | None = None) -> None:
        self.config = config or ContentConfig()
        self._hold(sparse.csr_array(np.empty((0, 0), np.float32)))

    def fit(self, interactions: Interactions, movies: Sequence[Movie], *, rng: np.random.Generator) -> Self:
        """Weigh the tags of every movie; ratings play no part."""
        self._hold(
            tag_matrix(
                movies,
                weights=self.config.weights,
                vectoriser=self.config.vectoriser,
                min_movies=self.config.min_movies,
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
        held = self._gathered(taste.rows)
        weights = signed_weights(taste.stars)[held.owners] * held.values
        return self._against(np.bincount(held.tags, weights, minlength=self._tags.shape[1]).astype(np.float32))

    def similar(self, row: int) -> FloatMovies:
        """The weighted sum of cosines to every movie, 0-1."""
        if self._silent[row]:
            return np.full(self._tags.shape[0], np.nan, np.float32)
        return self._against(self._profile(row))

    def cosines(self, row: int, rows: Rows) -> FloatK:
        """The same for some movies only (k,), 0 where a movie has no tags."""
        return np.asarray(self._tags[rows] @ self._profile(row))

    def nearest(self, rows: Rows, among: Rows, *, k: int) -> tuple[Rows, FloatMatrix]:
        """For each of some movies (n,), the k most alike `among` others and how alike they are: both (n, k).

        Fewer than k where there are not so many others.
        """
        most = min(k, len(among))
        found = np.empty((len(rows), most), np.int32)
        likeness = np.empty((len(rows), most), np.float32)
        others = self._tags[among].T.tocsr()
        for start in range(0, len(rows), ROWS_AT_ONCE):
            block = slice(start, start + ROWS_AT_ONCE)
            cosines = sparse.csr_array(self._tags[rows[block]] @ others).toarray()
            places = np.argsort(-cosines, axis=1, kind="stable")[:, :most]
            found[block] = among[places]
            likeness[block] = np.take_along_axis(cosines, places, axis=1)
        return found, likeness

    def _profile(self, row: int) -> FloatK:
        """The tag vector of one movie, dense (n_tags,)."""
        here = slice(self._tags.indptr[row], self._tags.indptr[row + 1])
        profile = np.zeros(self._tags.shape[1], np.float32)
        profile[self._tags.indices[here]] = self._tags.data[here]
        return profile

    def _against(self, profile: FloatK) -> FloatMovies:
        scores: FloatMovies = np.asarray(self._tags @ profile)
        scores[self._silent] = np.nan
        return scores

    def explain(self, taste: Taste, rows: Rows) -> Explanation:
        """Each rated movie contributes its weight times its cosine; the baseline is 0."""
        baseline = np.where(self._silent[rows] | (len(taste) == 0), np.float32(np.nan), np.float32(0))
        contributions = np.zeros((len(rows), len(taste)), np.float32)
        held = self._gathered(taste.rows)
        if len(held.tags):
            asked = self._gathered(rows)
            dense = np.zeros((len(rows), self._tags.shape[1]), np.float32)
            dense[asked.owners, asked.tags] = asked.values
            speaking, first = np.unique(held.owners, return_index=True)
            contributions[:, speaking] = np.add.reduceat(dense[:, held.tags] * held.values, first, axis=1)
        return Explanation(baseline, contributions * signed_weights(taste.stars))

    def _gathered(self, rows: Rows) -> _Gathered:
        """The tags of some movies, one after the other."""
        starts = self._tags.indptr[rows]
        counts = self._tags.indptr[rows + 1] - starts
        owners = np.repeat(np.arange(len(rows)), counts)
        ends = np.cumsum(counts)
        at = np.arange(len(owners)) + np.repeat(starts - (ends - counts), counts)
        return _Gathered(owners, self._tags.indices[at], self._tags.data[at])

    def item_weights(self) -> FloatMatrix:
        """All cosines; the columns of movies without tags are NaN."""
        cosines: FloatMatrix = sparse.csr_array(self._tags @ self._tags.T).toarray()
        cosines[:, self._silent] = np.nan
        return cosines

    def informed(self) -> BoolMovies:
        """Every movie: one without tags is like no other, which is something said too."""
        return np.ones(self._tags.shape[0], np.bool_)

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
