"""The engine: one loaded version, immutable, that answers for any taste."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from recsvc.engine.answer import Answer, Neighbour, Reason, Recommended, User, Why
from recsvc.engine.filters import mask
from recsvc.engine.query import DEEPEST, LAST_OFFSET, Filters, Query, Strategy
from recsvc.engine.ranking import diversified, top
from recsvc.errors import DamagedVersionError
from recsvc.features.catalogue import Catalogue
from recsvc.features.history import History
from recsvc.features.title_index import TitleIndex
from recsvc.models.content import Content
from recsvc.models.contract import Model
from recsvc.models.hybrid import Hybrid
from recsvc.models.rating_weights import NEUTRAL_STARS
from recsvc.registry.components import Component
from recsvc.registry.store import Version
from recsvc.types import (
    EMPTY_TASTE,
    MAX_STARS,
    MIN_STARS,
    FloatK,
    FloatMatrix,
    FloatMovies,
    Movie,
    MovieId,
    Ranked,
    Rows,
    Taste,
)

NO_ROWS: Rows = np.empty(0, np.int32)
UNKNOWN_USER = User(EMPTY_TASTE, NO_ROWS)
EVERYTHING = Filters()
REASONS = 3

C = TypeVar("C")


class Engine:
    """Answers from one version. Nothing in it changes, so that it can be shared by threads and swapped as a whole."""

    def __init__(self, version: Version) -> None:
        self.manifest = version.manifest
        held = version.components
        self.catalogue = _component(version, held, "movies", Catalogue)
        self.history = _component(version, held, "history", History)
        self.titles = _component(version, held, "titles", TitleIndex)
        self._hybrid = _component(version, held, "hybrid", Hybrid)
        self._stars = _star_model(version, held)
        self._content = self._hybrid.parts["content"]
        self._models: dict[Strategy, Model] = {
            Strategy.HYBRID: self._hybrid,
            Strategy.COLLABORATIVE: self._hybrid.parts["collaborative"],
            Strategy.CONTENT: self._hybrid.parts["content"],
            Strategy.POPULAR: self._hybrid.parts["popularity"],
        }
        self._try()

    def _try(self) -> None:
        """Answer once in every way, so that arrays that do not fit together are found now and not by a request."""
        try:
            someone = User(Taste(np.zeros(1, np.int32), np.array([MAX_STARS], np.float32)), NO_ROWS)
            for user in (UNKNOWN_USER, someone):
                for strategy in Strategy:
                    self.recommend(user, Query(strategy=strategy, diversity=0.5))
            for by in (Strategy.HYBRID, Strategy.COLLABORATIVE, Strategy.CONTENT):
                self.similar(0, k=1, by=by)
            self.search("a", EVERYTHING)
            self.history.taste("1")
        except (ValueError, IndexError, KeyError, TypeError) as error:
            version = self.manifest.version
            raise DamagedVersionError(
                f"version {version} is damaged: its parts do not fit together ({error})"
            ) from error

    def recommend(self, user: User, query: Query) -> Answer:
        """Rank the movies that pass the filters and that the user has not dealt with, and say why.

        Raises:
            InvalidInputError: a filter that cannot be used.
        """
        strategy, ranked = self.rank(user, query)
        page = Ranked(ranked.rows[: query.k], ranked.scores[: query.k])
        further = query.offset + query.k
        more = len(ranked.rows) > query.k and further <= LAST_OFFSET
        return Answer(strategy, self._items(self._models[strategy], user.taste, page, query), further if more else None)

    def rank(self, user: User, query: Query) -> tuple[Strategy, Ranked]:
        """Say which strategy ranks, and rank one movie more than the page holds: whether another page follows."""
        allowed = mask(self.catalogue, self.manifest.era_border, query.filters)
        allowed &= self.catalogue.is_canonical
        allowed[self.catalogue.canonical[user.taste.rows]] = False
        allowed[self.catalogue.canonical[user.hidden]] = False
        strategy = Strategy.HYBRID if query.strategy is Strategy.AUTO else query.strategy
        if not len(user.taste):
            strategy = Strategy.POPULAR
        scores = self._models[strategy].score(user.taste)
        if strategy is not Strategy.POPULAR and np.isnan(scores).all():
            strategy = Strategy.POPULAR
            scores = self._models[strategy].score(user.taste)
        if not query.diversity:
            return strategy, top(scores, allowed, k=query.k + 1, offset=query.offset)
        pool = top(scores, allowed, k=DEEPEST + 1)
        return strategy, diversified(
            pool,
            lambda place: self._likeness(int(pool.rows[place]), pool.rows),
            diversity=query.diversity,
            k=query.k + 1,
            offset=query.offset,
        )

    def _likeness(self, row: int, rows: Rows) -> FloatK:
        assert isinstance(self._content, Content)  # noqa: S101 - Hybrid makes it so
        return self._content.cosines(row, rows)

    def _items(self, model: Model, taste: Taste, page: Ranked, query: Query) -> tuple[Recommended, ...]:
        if not len(page.rows):
            return ()
        stars = self.predicted(taste, page.rows)
        whys = self._whys(model, taste, page) if query.explain else [None] * len(page.rows)
        movie = self.catalogue.movie
        return tuple(
            Recommended(rank, movie(row), score, rating, why)
            for rank, (row, score, rating, why) in enumerate(
                zip(page.rows.tolist(), page.scores.tolist(), stars, whys, strict=True), query.offset + 1
            )
        )

    def predicted(self, taste: Taste, rows: Rows) -> list[float | None]:
        """Predicted stars of some movies, within the scale; None where they cannot be said."""
        stars = np.minimum(np.maximum(self._stars.score_rows(taste, rows), MIN_STARS), MAX_STARS)
        return [None if value != value else value for value in stars.tolist()]  # noqa: PLR0124 - NaN is not itself

    def _whys(self, model: Model, taste: Taste, page: Ranked) -> list[Why]:
        """The strongest reasons that speak for each movie; what is left, for and against, is `other`.

        No movie that someone rated below 3 stars is a reason: what it adds, since it was chosen at all, is in `other`.
        """
        baseline, contributions = model.explain(taste, page.rows)
        for_it = np.where(taste.stars < NEUTRAL_STARS, np.float32(-np.inf), contributions)
        strongest = self._strongest(for_it)
        amounts = np.maximum(for_it[np.arange(len(strongest))[:, None], strongest], 0).astype(np.float64)
        others = page.scores - baseline.astype(np.float64) - amounts.sum(axis=1)
        rated = taste.rows[strongest].tolist()
        movie = self.catalogue.movie
        return [
            Why(
                base,
                tuple([Reason(movie(row), amount) for row, amount in zip(rows, by, strict=True) if amount > 0]),
                rest,
            )
            for base, rows, by, rest in zip(baseline.tolist(), rated, amounts.tolist(), others.tolist(), strict=True)
        ]

    @staticmethod
    def _strongest(contributions: FloatMatrix) -> NDArray[np.intp]:
        """The places of the largest contributions of each movie, largest first: (k, at most REASONS)."""
        n = contributions.shape[1]
        if n > REASONS:
            places = np.argpartition(contributions, n - REASONS, axis=1)[:, n - REASONS :]
        else:
            places = np.broadcast_to(np.arange(n), contributions.shape)
        order = np.argsort(-contributions[np.arange(len(places))[:, None], places], axis=1, kind="stable")
        return np.asarray(np.take_along_axis(places, order, axis=1))

    def similar(
        self, row: int, *, k: int, by: Strategy = Strategy.HYBRID, filters: Filters = EVERYTHING
    ) -> tuple[Neighbour, ...]:
        """The movies most like one (never itself), best first.

        Raises:
            InvalidInputError: a filter that cannot be used.
        """
        allowed = mask(self.catalogue, self.manifest.era_border, filters)
        allowed &= self.catalogue.is_canonical
        allowed[self.catalogue.canonical[row]] = False
        ranked = top(self._models[by].similar(row), allowed, k=k)
        return tuple(
            Neighbour(rank, self.catalogue.movie(other), similarity)
            for rank, (other, similarity) in enumerate(
                zip(ranked.rows.tolist(), ranked.scores.tolist(), strict=True), 1
            )
        )

    def alike(self, row: int) -> FloatMovies:
        """How alike the collaborative model finds every movie and this one (n_movies,), NaN where it cannot say."""
        return self._models[Strategy.COLLABORATIVE].similar(row)

    def search(self, text: str, filters: Filters) -> Rows:
        """The movies whose titles are like a text and that pass the filters, best first."""
        rows = self.titles.search(text, self.catalogue.rating_counts)
        return rows[mask(self.catalogue, self.manifest.era_border, filters)[rows]]

    def most_rated(self, filters: Filters) -> Rows:
        """The movies that pass the filters, those with the most ratings first; of equals the lower movie id first."""
        allowed = mask(self.catalogue, self.manifest.era_border, filters) & self.catalogue.is_canonical
        rows = np.flatnonzero(allowed).astype(np.int32)
        return rows[np.argsort(-self.catalogue.rating_counts[rows], kind="stable")]

    def movies(self, rows: Rows) -> list[Movie]:
        """The movies at some rows."""
        return [self.catalogue.movie(row) for row in rows.tolist()]

    def weighted_rating(self, row: int) -> float:
        """The Bayesian weighted rating of a movie, in stars; NaN without a rating."""
        return float(self._models[Strategy.POPULAR].score(EMPTY_TASTE)[row])

    def rating_count(self, movie_id: MovieId) -> int:
        """How many ratings a movie of the catalogue has."""
        row = self.catalogue.vocabulary.row(movie_id)
        return 0 if row is None else int(self.catalogue.rating_counts[row])


def _component(version: Version, held: Mapping[str, Component], name: str, kind: type[C]) -> C:
    component = held.get(name)
    if not isinstance(component, kind):
        raise _without(version, name)
    return component


def _star_model(version: Version, held: Mapping[str, Component]) -> Model:
    """Any model whose scores are stars."""
    model = held.get("stars")
    if not isinstance(model, Model) or not model.capabilities.stars:
        raise _without(version, "stars")
    return model


def _without(version: Version, name: str) -> DamagedVersionError:
    return DamagedVersionError(f"version {version.manifest.version} is damaged: it has no {name}")
