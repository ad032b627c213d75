"""Whether it is worth training again: the same simulated users, day by day, under several policies.

Everything is measured against the users' true stars, which only a simulation knows, on the lists of those who come on a
day. What users rate follows from what they are shown, and a policy learns from it: also what that does to lists shows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from recsvc.datasets.collected import Collected, joined
from recsvc.datasets.dataset import Dataset
from recsvc.datasets.ratings import ratings_table
from recsvc.engine.answer import UserProfile
from recsvc.engine.engine import Engine
from recsvc.engine.query import Query
from recsvc.engine.ranking import top
from recsvc.evaluation.metrics.beyond_accuracy import coverage, exposure, popularity_lift
from recsvc.evaluation.metrics.bootstrap import intervals
from recsvc.evaluation.parallel import Progress
from recsvc.evaluation.protocols.ranked_lists import RankedLists
from recsvc.evaluation.results import Json
from recsvc.features.interactions import Interactions, interactions_of
from recsvc.features.vocabulary import Vocabulary
from recsvc.models.popularity import Popularity
from recsvc.research.simulated_world import (
    DAY_SECONDS,
    ONBOARDING,
    START,
    Floats,
    World,
    chosen_freely,
    looked_at,
    rated_of,
)
from recsvc.types import EMPTY_TASTE, BoolMovies, Ranked, Rows, Taste

K = 10
WEEK = 7
LAST_DAYS = 14
"""The figures in short are those of so many days at the end."""
FREE_SHARE, FREELY = 0.3, 2
"""The share of visits in which a user rates movies without the list, and how many."""
QUERY = Query(k=K, explain=False)


class Renewed(NamedTuple):
    """A version that was trained again, whether it serves from now on, and what the gate said."""

    engine: Engine
    serves: bool
    said: Json


Retrain: TypeAlias = Callable[[Dataset, Collected, Engine], Renewed]
"""Trains again on a dataset and what was collected, beside the version that serves."""
Begin: TypeAlias = Callable[[bool], tuple[Engine, Retrain]]
"""Returns the first version, and what trains the versions after it, which serve only if the gate lets them, if it is
asked (True). Those of one policy know nothing of another's."""


class Policy(NamedTuple):
    """What is done with what users say. Without `folds_in`, only what a user rated on arriving counts in the lists."""

    name: str
    retrains: bool = False
    gated: bool = True
    folds_in: bool = True
    popular: bool = False
    free_share: float = FREE_SHARE


POLICIES = (
    Policy("weekly retraining", retrains=True),
    Policy("weekly, without the gate", retrains=True, gated=False),
    Policy("folding in alone"),
    Policy("neither", folds_in=False),
    Policy("popular list", popular=True),
    Policy("own lists only: weekly, without the gate", retrains=True, gated=False, free_share=0.0),
    Policy("own lists only: folding in alone", free_share=0.0),
    Policy("free choice only: weekly retraining", retrains=True, free_share=1.0),
    Policy("free choice only: folding in alone", free_share=1.0),
)
"""The popular list is made again weekly, on all ratings, without a gate. The last four show what it does to train on
what users rated because of the lists: there is nothing else, or nothing of that kind."""


@dataclass(frozen=True, slots=True)
class Course:
    """What one policy reached.

    `ndcg` (n_users, days) is NaN where a user does not come. `coverage`, `lift`, and the share of places that go to
    movies which were not there on the first day, `new_movies`, are (days,). `retrainings` has, for each retraining,
    after how many days it was (`day`), whether the version serves, what the gate said, and the true nDCG of the lists
    that it and the version before would give to the users of that day.
    """

    policy: Policy
    ndcg: Floats
    coverage: Floats
    lift: Floats
    new_movies: Floats
    retrainings: tuple[Json, ...]


def simulate(world: World, begin: Begin, *, progress: Progress) -> Json:
    """Return, for each policy, its figures by day and in short, and its retrainings."""
    total = len(POLICIES) * world.days
    courses = [
        course_of(world, policy, *begin(policy.gated), partial(_tell, progress, policy.name, total))
        for policy in POLICIES
    ]
    return {
        "simulated": True,
        "users": len(world.arrives),
        "days": world.days,
        "seed": world.seed,
        "movies": [world.there(0), len(world.movies)],
        "earlier_ratings": len(world.base.ratings),
        "visits": int(world.active.sum()),
        "policies": [_figures(course, _reference(course, courses), world.seed) for course in courses],
    }


def _reference(course: Course, courses: Sequence[Course]) -> Course:
    """Return the course of folding in alone, of users who choose as freely."""
    alone = Policy("", free_share=course.policy.free_share)
    return next(other for other in courses if other.policy._replace(name="") == alone)


def _tell(progress: Progress, name: str, total: int, day: int) -> None:
    progress(f"{name}, day {day}", total)


def _figures(course: Course, reference: Course, seed: int) -> Json:
    """Return the figures by day, and the means of the last days with the paired difference to the reference."""
    own, other = (_of_users(one.ndcg[:, -LAST_DAYS:]) for one in (course, reference))
    return {
        "name": course.policy.name,
        f"ndcg@{K}": np.nanmean(course.ndcg, axis=0).tolist(),
        f"coverage@{K}": course.coverage.tolist(),
        "popularity_lift": course.lift.tolist(),
        "new_movies": course.new_movies.tolist(),
        "last_days": {
            f"ndcg@{K}": float(own.mean()),
            "reference": reference.policy.name,
            "difference": float((own - other).mean()),
            "interval": intervals({"difference": own - other}, seed=seed)["difference"],
            f"coverage@{K}": float(course.coverage[-LAST_DAYS:].mean()),
            "popularity_lift": float(course.lift[-LAST_DAYS:].mean()),
            "new_movies": float(course.new_movies[-LAST_DAYS:].mean()),
        },
        "retrainings": list(course.retrainings),
    }


def _of_users(values: Floats) -> Floats:
    """Return the mean of each user who comes at all (n,), of values (n_users, days)."""
    return np.asarray(np.nanmean(values[~np.isnan(values).all(axis=1)], axis=1))


def course_of(
    world: World, policy: Policy, engine: Engine, retrain: Retrain, progress: Callable[[int], None]
) -> Course:
    """Let the users come day by day, and train again at the end of each week, if the policy does and days are left."""
    ndcg = np.full(world.active.shape, np.nan)
    covered, lift, new = np.empty((3, world.days))
    service = _Service(world, policy, engine)
    retrainings = []
    for day in range(world.days):
        users = np.flatnonzero(world.active[:, day])
        counts = service.counts()
        visits = [service.visit(user, day) for user in users.tolist()]
        ndcg[users, day] = [visit.ndcg for visit in visits]
        lists = RankedLists(K, np.arange(len(visits)), tuple(visit.ranked for visit in visits))
        covered[day] = coverage(lists, world.there(day))
        lift[day] = popularity_lift(lists, _interactions([visit.rated for visit in visits], len(counts)), counts)
        new[day] = exposure(lists, world.appears > 0)
        progress(day + 1)
        if (day + 1) % WEEK == 0 and day + 1 < world.days:
            said = service.renew(day, retrain)
            retrainings += [{"day": day + 1, **said}] if said is not None else []
    return Course(policy, ndcg, covered, lift, new, tuple(retrainings))


class _Visit(NamedTuple):
    """The list that a user got, the movies that the user had rated before, and how good the list truly was."""

    ranked: Ranked
    rated: Rows
    ndcg: float


class _Service:
    """What serves under one policy, and what its users said so far."""

    def __init__(self, world: World, policy: Policy, engine: Engine) -> None:
        self._world, self._policy, self._engine = world, policy, engine
        self._popularity = engine.hybrid.popularity
        self._n_movies = world.there(0)
        self._rows: list[list[int]] = [[] for _ in world.arrives]
        self._stars: list[list[float]] = [[] for _ in world.arrives]
        self._times: list[list[int]] = [[] for _ in world.arrives]

    def visit(self, user: int, day: int) -> _Visit:
        """Let a user come, who on arriving rates some movies first, look at the list, and rate some of it."""
        rng = self._world.rng(user, day)
        second = START + day * DAY_SECONDS + int(rng.integers(DAY_SECONDS - 2 * K))
        if day == self._world.arrives[user]:
            self._rate(user, day, self._world.onboarding(user, rng), second)
        rated = np.array(self._rows[user], np.int32)
        ranked = self._list(user, self._engine)
        ndcg = self._true_ndcg(user, day, ranked)
        true_stars = self._world.true_stars(user, day)
        if rng.random() < self._policy.free_share:
            n = self._n_movies
            chosen = chosen_freely(true_stars[:n], self._world.log_fame[:n], _all_but(n, rated), FREELY, rng)
        else:
            seen = ranked.rows[looked_at(K, rng)[: len(ranked.rows)]]
            chosen = seen[rated_of(true_stars[seen], rng)]
        self._rate(user, day, chosen, second + K)
        return _Visit(ranked, rated, ndcg)

    def _rate(self, user: int, day: int, rows: Rows, second: int) -> None:
        self._rows[user] += rows.tolist()
        self._stars[user] += self._world.given_stars(user, day, rows).tolist()
        self._times[user] += range(second, second + len(rows))

    def _true_ndcg(self, user: int, day: int, ranked: Ranked) -> float:
        """Return the nDCG of a list among all movies that are there and that the user has not rated."""
        there = self._world.there(day)
        allowed = _all_but(there, np.array(self._rows[user], np.int32))
        return true_ndcg(ranked.rows, self._world.true_stars(user, day)[:there], allowed)

    def _list(self, user: int, engine: Engine) -> Ranked:
        rows, stars = np.array(self._rows[user], np.int32), np.array(self._stars[user], np.float32)
        if self._policy.popular:
            scores = self._popularity.score(EMPTY_TASTE)
            return top(scores, _all_but(len(scores), rows), k=K)
        counted = len(rows) if self._policy.folds_in else ONBOARDING
        profile = UserProfile(Taste(rows[:counted], stars[:counted]), hidden=rows[counted:])
        ranked = engine.rank(profile, QUERY).ranked
        return Ranked(ranked.rows[:K], ranked.scores[:K])

    def counts(self) -> NDArray[np.int64]:
        """Return how often each movie was rated so far (n_movies,)."""
        rows = np.fromiter(chain.from_iterable(self._rows), np.int64)
        ids = np.concatenate([self._world.base.ratings.movie_ids - 1, rows])
        return np.bincount(ids, minlength=len(self._world.movies))

    def renew(self, day: int, retrain: Retrain) -> Json | None:
        """Train again on what was said up to a day, if the policy does; return what the gate said, and what is true."""
        n_movies = self._world.there(day)
        dataset = replace(self._world.base, movies=self._world.movies[:n_movies])
        if self._policy.popular:
            vocabulary = Vocabulary.of(movie.movie_id for movie in dataset.movies)
            ratings = interactions_of(joined(dataset.ratings, self._collected().ratings), vocabulary)
            rng = np.random.default_rng(self._world.seed)
            self._popularity = Popularity(self._popularity.config).fit(ratings, dataset.movies, rng=rng)
            self._n_movies = n_movies
        if not self._policy.retrains:
            return None
        renewed = retrain(dataset, self._collected(), self._engine)
        users = np.flatnonzero(self._world.active[:, day]).tolist()
        own, before = (
            float(np.mean([self._true_ndcg(user, day, self._list(user, engine)) for user in users]))
            for engine in (renewed.engine, self._engine)
        )
        if renewed.serves:
            self._engine, self._n_movies = renewed.engine, n_movies
        return {"serves": renewed.serves, "true_ndcg": own, "true_ndcg_before": before, **renewed.said}

    def _collected(self) -> Collected:
        """Return what was said, in the order of time, as `usecases.collecting` reads it from the database."""
        said = [
            (time, user, row + 1, stars)
            for user, of_user in enumerate(zip(self._times, self._rows, self._stars, strict=True))
            for time, row, stars in zip(*of_user, strict=True)
        ]
        times, users, movies, stars = map(np.array, zip(*sorted(said), strict=True))
        labels = [str(user) for user in range(len(self._rows))]
        ratings = ratings_table(labels, users, movies, stars, times)
        return Collected(ratings, tuple(f"simulated.{label}" for label in ratings.user_labels))


def true_ndcg(rows: Rows, true_stars: Floats, allowed: BoolMovies) -> float:
    """Return the nDCG of a list against the true stars of all allowed movies (n_movies,).

    A movie gains `2^stars - 1` (Burges et al. 2005, Learning to Rank using Gradient Descent), discounted by
    `1 / log2(place + 1)`; the best list has the `K` allowed movies with the most stars.
    """
    discount = 1 / np.log2(np.arange(2, K + 2))
    gains = 2**true_stars - 1
    best = np.sort(gains[allowed])[::-1][:K]
    return float(gains[rows] @ discount[: len(rows)] / (best @ discount[: len(best)]))


def _all_but(n_movies: int, rows: Rows) -> BoolMovies:
    allowed = np.ones(n_movies, np.bool_)
    allowed[rows] = False
    return allowed


def _interactions(of_users: list[Rows], n_movies: int) -> Interactions:
    """Return which movies users had rated; the stars do not matter to the popularity lift."""
    starts = np.cumsum([0, *map(len, of_users)])
    rows = np.concatenate([np.sort(rows) for rows in of_users])
    return Interactions(n_movies, starts, rows, np.ones(len(rows), np.float32))
