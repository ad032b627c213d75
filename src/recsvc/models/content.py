"""Content: movies are similar if their tags are, whatever their ratings are."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import ClassVar, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recsvc.features.interactions import Interactions
from recsvc.features.stretches import places_of
from recsvc.features.text import ABOUT, EMBEDDING, Columns, TagMatrix, Vectoriser, tag_matrix
from recsvc.models.contract import Capabilities, Explanation, ItemItemModel
from recsvc.models.rating_weights import USUAL_STARS, TasteWeights
from recsvc.types import Array, BoolMovies, FloatK, FloatMatrix, FloatMovies, Movie, Rows, State, Taste

ROWS_AT_ONCE = 512


@dataclass(frozen=True, slots=True)
class ContentConfig:
    """`vectoriser` is "tfidf", "counts" or "hashing"; tags of fewer than `min_movies` movies are dropped.

    `weights` are those of the fields of tags (`features.text.FIELDS`), which add up to 1 by default, and of the
    embeddings of the movies, if they have any; a weight of 0 leaves a field out. See decisions 0020 and 0022.
    """

    vectoriser: Vectoriser = "tfidf"
    min_movies: int = 2
    weights: Mapping[str, float] = field(
        default_factory=lambda: {
            "text": 0.47,
            "genres": 0.07,
            "credits": 0.2,
            "title": 0.15,
            "years": 0.11,
            EMBEDDING: 0.17,
        }
    )


class _Tags(NamedTuple):
    """The tags of some movies: `owners` (m,) are places in the list of movies, `tags` (m,) columns, `values` (m,)."""

    owners: NDArray[np.intp]
    tags: NDArray[np.int32]
    values: FloatK


class _Seen(NamedTuple):
    """The tags of all movies as movies see them that know all or a part of their own subject.

    `by` int8 (n_movies,) says for each movie which of `tags` it is compared with.
    """

    tags: list[TagMatrix]
    by: NDArray[np.int8]


class Content(ItemItemModel):
    """The weighted sum of the cosines of the fields of tags, added up over the movies that a user rated.

    A movie without tags has no score, and neither has any movie for a user without ratings.
    """

    kind: ClassVar[str] = "content"
    capabilities: ClassVar[Capabilities] = Capabilities(
        new_users=True, new_movies=True, similar=True, stars=False, explains=True
    )

    def __init__(self, config: ContentConfig | None = None) -> None:
        self.config = config or ContentConfig()
        self.taste_weights = TasteWeights()
        self._set(sparse.csr_array(np.empty((0, 0), np.float32)), {})

    def fit(self, interactions: Interactions, movies: Sequence[Movie], *, rng: np.random.Generator) -> Self:
        """Compute the tag vectors of all movies; of the ratings, only their mean is used."""
        self.taste_weights = TasteWeights.of(interactions)
        self._set(
            *tag_matrix(
                movies,
                weights=self.config.weights,
                vectoriser=self.config.vectoriser,
                min_movies=self.config.min_movies,
            )
        )
        return self

    def _set(self, tags: TagMatrix, columns: Columns) -> None:
        self._tags, self._columns = tags, columns
        self._untagged = np.diff(tags.indptr) == 0
        self._seen = _seen(tags, {field: columns[field] for field in ABOUT if field in columns}, self.config.weights)

    def score(self, taste: Taste) -> FloatMovies:
        """Return the sum of weight times cosine."""
        if not len(taste):
            return np.full(self._tags.shape[0], np.nan, np.float32)
        rated = self._tags_of(taste.rows)
        weights = self.taste_weights.taste(taste)[rated.owners] * rated.values
        profile = np.bincount(rated.tags, weights, minlength=self._tags.shape[1]).astype(np.float32)
        return self._cosines(self._tags, profile)

    def score_all(self, users: Interactions) -> FloatMatrix:
        """Return the same for many users at once."""
        profiles = users.matrix(self.taste_weights.all(users)) @ self._tags
        scores = np.array(self._tags @ profiles.T.toarray()).T
        scores[:, self._untagged] = np.nan
        scores[np.diff(users.starts) == 0] = np.nan
        return scores

    def similar(self, row: int) -> FloatMovies:
        """Return the weighted sum of the cosines with every movie.

        A movie of whose subject a part is not known, such as one without a text, is compared by what is: in all others
        the same is left out and made up for, so that they are not less similar for what is said of them.
        """
        if self._untagged[row]:
            return np.full(self._tags.shape[0], np.nan, np.float32)
        return self._cosines(self._seen.tags[self._seen.by[row]], self._vector(row))

    def cosines_among(self, rows: Rows) -> Callable[[int], FloatK]:
        """Return a function from a place among k movies to its cosines with all of them, float32 (k,).

        The cosine with a movie without tags is 0. The tags of all are taken out of the matrix once, which costs more
        than the cosines of one.
        """
        tags = self._tags[rows]
        return lambda place: np.asarray(tags @ self._vector(int(rows[place])))

    def nearest(self, rows: Rows, among: Rows, *, k: int) -> tuple[Rows, FloatMatrix]:
        """Return, for each of n movies, the k most similar ones `among` others, and their cosines: both (n, k).

        They are those of the tags as they are, by which movies without ratings are scored better than by `similar`.
        There are fewer than k columns if there are fewer than k other movies.
        """
        most = min(k, len(among))
        found = np.empty((len(rows), most), np.int32)
        found_cosines = np.empty((len(rows), most), np.float32)
        others = self._tags[among].T.tocsr()
        for start in range(0, len(rows), ROWS_AT_ONCE):
            block = slice(start, start + ROWS_AT_ONCE)
            cosines = sparse.csr_array(self._tags[rows[block]] @ others).toarray()
            places = np.argsort(-cosines, axis=1, kind="stable")[:, :most]
            found[block] = among[places]
            found_cosines[block] = np.take_along_axis(cosines, places, axis=1)
        return found, found_cosines

    def _vector(self, row: int) -> FloatK:
        """Return the tag vector of one movie, dense (n_tags,)."""
        here = slice(self._tags.indptr[row], self._tags.indptr[row + 1])
        vector = np.zeros(self._tags.shape[1], np.float32)
        vector[self._tags.indices[here]] = self._tags.data[here]
        return vector

    def _cosines(self, tags: TagMatrix, vector: FloatK) -> FloatMovies:
        scores: FloatMovies = np.asarray(tags @ vector)
        scores[self._untagged] = np.nan
        return scores

    def explain(self, taste: Taste, rows: Rows) -> Explanation:
        """Let each rated movie contribute its weight times its cosine; the baseline is 0."""
        baseline = np.where(self._untagged[rows] | (len(taste) == 0), np.float32(np.nan), np.float32(0))
        contributions = np.zeros((len(rows), len(taste)), np.float32)
        rated = self._tags_of(taste.rows)
        if len(rated.tags):
            explained = self._tags_of(rows)
            dense = np.zeros((len(rows), self._tags.shape[1]), np.float32)
            dense[explained.owners, explained.tags] = explained.values
            tagged, first = np.unique(rated.owners, return_index=True)
            contributions[:, tagged] = np.add.reduceat(dense[:, rated.tags] * rated.values, first, axis=1)
        return Explanation(baseline, contributions * self.taste_weights.taste(taste))

    def _tags_of(self, rows: Rows) -> _Tags:
        """Return the tags of some movies, one movie after the other."""
        at, starts = places_of(rows, self._tags.indptr)
        owners = np.repeat(np.arange(len(rows)), np.diff(starts))
        return _Tags(owners, self._tags.indices[at], self._tags.data[at])

    def item_item_weights(self) -> FloatMatrix:
        """Return all cosines; the columns of movies without tags are NaN."""
        cosines: FloatMatrix = sparse.csr_array(self._tags @ self._tags.T).toarray()
        cosines[:, self._untagged] = np.nan
        return cosines

    def informative(self) -> BoolMovies:
        """Return every movie: one without tags has a cosine of 0 with all others, which is a value, too."""
        return np.ones(self._tags.shape[0], np.bool_)

    def state(self) -> State:
        """Return the CSR matrix (n_movies, n_tags): `data` float32, `indices` int32, `starts` int64."""
        arrays: dict[str, Array] = {
            "data": self._tags.data,
            "indices": self._tags.indices.astype(np.int32),
            "starts": self._tags.indptr.astype(np.int64),
        }
        config = {**asdict(self.config), **asdict(self.taste_weights)}
        return State(
            {
                **config,
                "n_tags": self._tags.shape[1],
                "columns": {field: list(ends) for field, ends in self._columns.items()},
            },
            arrays,
        )

    @classmethod
    def from_state(cls, state: State) -> Self:
        """Create the model from its state."""
        config = dict(state.config)
        n_tags = config.pop("n_tags")
        columns = {field: (int(first), int(end)) for field, (first, end) in config.pop("columns", {}).items()}
        taste_weights = TasteWeights(config.pop("usual_stars", USUAL_STARS))
        model = cls(ContentConfig(**config))
        model.taste_weights = taste_weights
        starts = state.arrays["starts"]
        shape = (len(starts) - 1, n_tags)
        model._set(sparse.csr_array((state.arrays["data"], state.arrays["indices"], starts), shape=shape), columns)
        return model


def _seen(tags: TagMatrix, about: Columns, weights: Mapping[str, float]) -> _Seen:
    """Return the tags as they are, and as they are seen by movies that lack one of two fields of `ABOUT`."""
    seen, by = [tags], np.zeros(tags.shape[0], np.int8)
    has = {field: np.diff(tags[:, first:end].indptr) > 0 for field, (first, end) in about.items()}
    if len(has) == len(ABOUT):
        for missing, kept in (ABOUT, ABOUT[::-1]):
            lengths = np.sqrt(sum(weights[field] * has[field] for field in ABOUT))
            lacking = has[kept] & ~has[missing]
            if not has[missing].any() or not lacking.any():
                continue  # all know the same
            # With only what is kept, a movie would be scaled by this much more; see `features.text.tag_matrix`.
            factors = np.where(has[kept], np.sqrt(lengths / np.sqrt(weights[kept])), 1.0).astype(np.float32)
            first, end = about[kept]
            is_kept = (tags.indices >= first) & (tags.indices < end)
            factor = np.where(is_kept, np.repeat(factors, np.diff(tags.indptr)), np.float32(1))
            by[lacking] = len(seen)
            seen.append(sparse.csr_array((tags.data * factor, tags.indices, tags.indptr), shape=tags.shape))
    return _Seen(seen, by)
