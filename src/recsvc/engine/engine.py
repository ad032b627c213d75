"""The engine: one loaded version that answers for any taste and never changes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from recsvc.engine.answer import (
    Answer,
    AnswerTogether,
    Evident,
    ForMember,
    Reason,
    Recommendation,
    RecommendationTogether,
    ScoreReasons,
    SimilarMovie,
    UserProfile,
)
from recsvc.engine.filters import mask
from recsvc.engine.query import DEEPEST, LAST_OFFSET, Filters, Query
from recsvc.engine.ranking import calibrated, diversified, places, top
from recsvc.engine.strategies import SERVED, SIMILAR, Strategy
from recsvc.engine.together import Scale, Together, combined
from recsvc.errors import DamagedVersionError, OutdatedVersionError
from recsvc.features.catalogue import Catalogue
from recsvc.features.history import History
from recsvc.features.movie_kinds import kinds_of
from recsvc.features.title_index import TitleIndex
from recsvc.models.calibration import Target
from recsvc.models.contract import Explain, Model
from recsvc.models.hybrid import Hybrid
from recsvc.models.rating_weights import NEUTRAL_STARS
from recsvc.registry.store import Version
from recsvc.types import (
    EMPTY_TASTE,
    MAX_STARS,
    MIN_STARS,
    BoolMovies,
    FloatMatrix,
    FloatMovies,
    Movie,
    MovieId,
    Ranked,
    Rows,
    Taste,
)

NO_ROWS: Rows = np.empty(0, np.int32)
UNKNOWN_USER = UserProfile(EMPTY_TASTE, NO_ROWS)
EVERYTHING = Filters()
REASONS = 3

C = TypeVar("C")


class ScoredBy(NamedTuple):
    """The strategy that scored, the scores of all movies, and what explains them."""

    strategy: Strategy
    scores: FloatMovies
    explain: Explain


class Ranking(NamedTuple):
    """The strategy that ranked, what explains its scores, and the movies, best first.

    `raised_by` is what is evident of the taste for whose sake a movie is at its place; it is empty if nothing is.
    """

    strategy: Strategy
    explain: Explain
    ranked: Ranked
    raised_by: Sequence[Target | None] = ()


class Engine:
    """Answers from one version. Nothing in it changes, so that threads can share it and a process can replace it.

    Raises:
        OutdatedVersionError: The version lacks a component.
        DamagedVersionError: Its components do not fit together.
    """

    def __init__(self, version: Version) -> None:
        self.manifest = version.manifest
        self.catalogue = _component(version, "movies", Catalogue)
        self.history = _component(version, "history", History)
        self.titles = _component(version, "titles", TitleIndex)
        self.hybrid = _component(version, "hybrid", Hybrid)
        self._stars = _star_model(version)
        self._models: dict[Strategy, Model] = {
            served.strategy: served.part_of(self.hybrid)
            if served.part_of is not None
            else _component(version, served.strategy.value, served.kind)
            for served in SERVED
        }
        self._check()

    def _check(self) -> None:
        """Answer once in every way, so that arrays that do not fit together are found now and not by a request."""
        try:
            one_rating = UserProfile(Taste(np.zeros(1, np.int32), np.array([MAX_STARS], np.float32)), NO_ROWS)
            for profile in (UNKNOWN_USER, one_rating):
                for strategy in Strategy:
                    self.recommend(profile, Query(strategy=strategy, diversity=0.5))
            for by in SIMILAR:
                self.similar(0, k=1, by=by)
            self.search("a", EVERYTHING)
            self.history.taste("1")
        except (ValueError, IndexError, KeyError, TypeError) as error:
            version = self.manifest.version
            raise DamagedVersionError(
                f"version {version} is damaged: its parts do not fit together ({error})"
            ) from error

    def recommend(self, profile: UserProfile, query: Query) -> Answer:
        """Rank the movies that pass the filters and that the user has not rated or hidden, and explain the scores.

        Raises:
            InvalidInputError: A filter cannot be used.
        """
        ranking = self.rank(profile, query)
        page, next_offset = _page(ranking.ranked, query)
        return Answer(ranking.strategy, self._items(ranking, profile.taste, page, query), next_offset)

    def recommend_together(self, profiles: Sequence[UserProfile], together: Together, query: Query) -> AnswerTogether:
        """Rank the movies that pass the filters and that no member has rated or hidden, and explain each one's scores.

        A movie without a score for a member is left out. Lists for several members are not calibrated.

        Raises:
            InvalidInputError: A filter cannot be used.
        """
        members = [self._scored(profile.taste, query.strategy) for profile in profiles]
        scales = [Scale.of(member.scores) for member in members]
        passing = self._passing(query.filters)
        allowed = [self._without_rated(passing, profile) for profile in profiles]
        scores = combined(
            np.stack([scale.scores(member.scores) for scale, member in zip(scales, members, strict=True)]), together
        )
        page, next_offset = _page(self._ranked(scores, np.logical_and.reduce(allowed), query), query)
        for_each = [
            self._for_member(*one, page.rows, query)
            for one in zip(profiles, members, scales, allowed, strict=True)
            if len(page.rows)
        ]
        items = tuple(
            RecommendationTogether(rank, self.catalogue.movie(row), score, for_members)
            for rank, (row, score, for_members) in enumerate(
                zip(page.rows.tolist(), page.scores.tolist(), zip(*for_each, strict=True), strict=True),
                query.offset + 1,
            )
        )
        personal = [member.strategy for member in members if member.strategy is not Strategy.POPULAR]
        return AnswerTogether(personal[0] if personal else Strategy.POPULAR, items, next_offset)

    def _for_member(
        self, profile: UserProfile, member: ScoredBy, scale: Scale, allowed: BoolMovies, rows: Rows, query: Query
    ) -> list[ForMember]:
        """Return what some movies, at least one, are for a member."""
        taste, scores = profile.taste, scale.scores(member.scores[rows])
        reasons: Sequence[ScoreReasons | None] = [None] * len(rows)
        if query.explain:
            reasons = self._reasons(lambda rows: scale.explanation(member.explain(rows)), taste, Ranked(rows, scores))
        of_each = zip(
            places(member.scores, allowed, rows), scores.tolist(), self.predicted(taste, rows), reasons, strict=True
        )
        return [ForMember(member.strategy, *one) for one in of_each]

    def rank(self, profile: UserProfile, query: Query) -> Ranking:
        """Return one movie more than the page has, which shows if there is a next page."""
        allowed = self._without_rated(self._passing(query.filters), profile)
        strategy, scores, explain = self._scored(profile.taste, query.strategy)
        if query.calibrated and not query.diversity:
            targets = self._models[strategy].targets(profile.taste)
            if targets:
                both = calibrated(scores, allowed, targets, k=query.k + 1, offset=query.offset)
                return Ranking(strategy, explain, *both)
        return Ranking(strategy, explain, self._ranked(scores, allowed, query))

    def _passing(self, filters: Filters) -> BoolMovies:
        """Return the movies that pass the filters and stand for themselves, bool (n_movies,), a new array."""
        return mask(self.catalogue, self.manifest.era_border, filters) & self.catalogue.is_canonical

    def _without_rated(self, passing: BoolMovies, profile: UserProfile) -> BoolMovies:
        """Return the same without what a user has rated or hidden, a new array."""
        allowed = passing.copy()
        allowed[self.catalogue.canonical[profile.taste.rows]] = False
        allowed[self.catalogue.canonical[profile.hidden]] = False
        return allowed

    def _scored(self, taste: Taste, asked: Strategy) -> ScoredBy:
        """Return the scores by a strategy, and by popularity where the taste is empty or says nothing to it."""
        strategy = Strategy.HYBRID if asked is Strategy.AUTO else asked
        if not len(taste):
            strategy = Strategy.POPULAR
        scores, explain = self._models[strategy].scored(taste)
        if strategy is not Strategy.POPULAR and np.isnan(scores).all():
            strategy = Strategy.POPULAR
            scores, explain = self._models[strategy].scored(taste)
        return ScoredBy(strategy, scores, explain)

    def _ranked(self, scores: FloatMovies, allowed: BoolMovies, query: Query) -> Ranked:
        """Return one movie more than the page has, by the scores and, if the query says so, by diversity."""
        if not query.diversity:
            return top(scores, allowed, k=query.k + 1, offset=query.offset)
        pool = top(scores, allowed, k=DEEPEST + 1)
        return diversified(
            pool,
            self.hybrid.content.cosines_among(pool.rows),
            diversity=query.diversity,
            k=query.k + 1,
            offset=query.offset,
        )

    def _items(self, ranking: Ranking, taste: Taste, page: Ranked, query: Query) -> tuple[Recommendation, ...]:
        if not len(page.rows):
            return ()
        stars = self.predicted(taste, page.rows)
        reasons = self._reasons(ranking.explain, taste, page) if query.explain else [None] * len(page.rows)
        movie = self.catalogue.movie
        raised = [
            None if target is None else self._evident(row, target)
            for row, target in zip(page.rows.tolist(), ranking.raised_by, strict=False)
        ] or [None] * len(page.rows)
        return tuple(
            Recommendation(rank, movie(row), score, rating, why, evident)
            for rank, (row, score, rating, why, evident) in enumerate(
                zip(page.rows.tolist(), page.scores.tolist(), stars, reasons, raised, strict=True), query.offset + 1
            )
        )

    def _evident(self, row: int, target: Target) -> Evident:
        """Return what a target is for, by the name that a movie of its kind has for it."""
        names = dict(zip(self.hybrid.kinds.of_row(row), kinds_of(self.catalogue.movie(row)), strict=True))
        return Evident(names[target.kind], target.liked, target.of)

    def predicted(self, taste: Taste, rows: Rows) -> list[float | None]:
        """Return the predicted stars of some movies, clipped to the scale; None where there is no prediction."""
        return [None] * len(rows) if self._stars is None else predicted_stars(self._stars, taste, rows)

    def _reasons(self, explain: Explain, taste: Taste, page: Ranked) -> list[ScoreReasons]:
        """Return the largest positive contributions to each score; all others are added up in `other`.

        A movie rated below 3 stars is never shown as a reason, although it may contribute: see `TasteWeights`.
        """
        baseline, contributions = explain(page.rows)
        shown = np.where(taste.stars < NEUTRAL_STARS, np.float32(-np.inf), contributions)
        largest = _largest(shown)
        amounts = np.maximum(shown[np.arange(len(largest))[:, None], largest], 0).astype(np.float64)
        others = page.scores - baseline.astype(np.float64) - amounts.sum(axis=1)
        rated = taste.rows[largest].tolist()
        movie = self.catalogue.movie
        return [
            ScoreReasons(
                base,
                tuple([Reason(movie(row), amount) for row, amount in zip(rows, by, strict=True) if amount > 0]),
                rest,
            )
            for base, rows, by, rest in zip(baseline.tolist(), rated, amounts.tolist(), others.tolist(), strict=True)
        ]

    def similar(
        self, row: int, *, k: int, by: Strategy = Strategy.HYBRID, filters: Filters = EVERYTHING
    ) -> tuple[SimilarMovie, ...]:
        """Return the movies most similar to one, without the movie itself, best first; see `similar_to_all`."""
        return self.similar_to_all([row], k=k, by=by, filters=filters)

    def similar_to_all(
        self, selected: Sequence[int], *, k: int, by: Strategy = Strategy.HYBRID, filters: Filters = EVERYTHING
    ) -> tuple[SimilarMovie, ...]:
        """Return the movies that are most similar to all movies at some rows, without these, best first.

        The similarity is the mean over the selected movies that have one. A movie whose content has nothing in common
        with any of them is not similar by content.

        Raises:
            InvalidInputError: A filter cannot be used.
        """
        allowed = self._passing(filters)
        allowed[self.catalogue.canonical[list(selected)]] = False
        each = np.stack([self._models[by].similar(row) for row in selected])
        known = ~np.isnan(each)
        with np.errstate(invalid="ignore"):
            similarities = (np.where(known, each, 0).sum(axis=0) / known.sum(axis=0)).astype(np.float32)
        if by is Strategy.CONTENT:
            allowed &= similarities > 0
        ranked = top(similarities, allowed, k=k)
        closest = np.where(known, each, -np.inf)[:, ranked.rows].argmax(axis=0)
        return tuple(
            SimilarMovie(rank, self.catalogue.movie(other), similarity, self.catalogue.movie(selected[most_like]))
            for rank, (other, similarity, most_like) in enumerate(
                zip(ranked.rows.tolist(), ranked.scores.tolist(), closest.tolist(), strict=True), 1
            )
        )

    def collaborative_similarity(self, row: int) -> FloatMovies:
        """Return the similarity of every movie to one by the collaborative model (n_movies,), NaN without a value."""
        return self.hybrid.collaborative.similar(row)

    def search(self, text: str, filters: Filters) -> Rows:
        """Return the movies whose titles match a text and that pass the filters, best first."""
        rows = self.titles.search(text, self.catalogue.fame)
        return rows[mask(self.catalogue, self.manifest.era_border, filters)[rows]]

    def most_rated(self, filters: Filters) -> Rows:
        """Return the movies that pass the filters, the most famous first; ties are broken by movie id."""
        rows = np.flatnonzero(self._passing(filters)).astype(np.int32)
        return rows[np.argsort(-self.catalogue.fame[rows], kind="stable")]

    def movies(self, rows: Rows) -> list[Movie]:
        """Return the movies at some rows."""
        return [self.catalogue.movie(row) for row in rows.tolist()]

    def popularity(self, row: int) -> float:
        """Return by what the popular list ranks a movie; NaN for one without ratings and votes."""
        return float(self.hybrid.popularity.score(EMPTY_TASTE)[row])

    def rating_count(self, movie_id: MovieId) -> int:
        """Return the number of ratings of a movie; 0 for a movie that is not in the catalogue."""
        row = self.catalogue.vocabulary.row(movie_id)
        return 0 if row is None else int(self.catalogue.rating_counts[row])


def _page(ranked: Ranked, query: Query) -> tuple[Ranked, int | None]:
    """Return a page without the movie that it has too many, and the offset of the next page."""
    next_offset = query.offset + query.k
    more = len(ranked.rows) > query.k and next_offset <= LAST_OFFSET
    return Ranked(ranked.rows[: query.k], ranked.scores[: query.k]), next_offset if more else None


def predicted_stars(model: Model, taste: Taste, rows: Rows) -> list[float | None]:
    """Return the stars that a model predicts for some movies, clipped to the scale; None for NaN."""
    stars = np.minimum(np.maximum(model.score_rows(taste, rows), MIN_STARS), MAX_STARS)
    return [None if value != value else value for value in stars.tolist()]  # noqa: PLR0124 - NaN is not itself


def _largest(contributions: FloatMatrix) -> NDArray[np.intp]:
    """Return the places of the largest contributions to each score, largest first: (k, at most REASONS)."""
    n = contributions.shape[1]
    if n > REASONS:
        places = np.argpartition(contributions, n - REASONS, axis=1)[:, n - REASONS :]
    else:
        places = np.broadcast_to(np.arange(n), contributions.shape)
    order = np.argsort(-contributions[np.arange(len(places))[:, None], places], axis=1, kind="stable")
    return np.asarray(np.take_along_axis(places, order, axis=1))


def _component(version: Version, name: str, kind: type[C]) -> C:
    component = version.components.get(name)
    if not isinstance(component, kind):
        raise _without(version, name)
    return component


def _star_model(version: Version) -> Model | None:
    """Return the component `stars`, any kind of model whose scores are stars; None without ratings."""
    if not version.manifest.dataset.ratings:
        return None
    model = version.components.get("stars")
    if not isinstance(model, Model) or not model.capabilities.stars:
        raise _without(version, "stars")
    return model


def _without(version: Version, name: str) -> OutdatedVersionError:
    return OutdatedVersionError(version.manifest.version, f"it has no {name} that this one can use")
