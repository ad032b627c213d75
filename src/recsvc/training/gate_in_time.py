"""The gate of retraining: whether what is trained on what users said serves them better than the version that serves.

It asks about later ratings: a candidate that is trained on everything up to a cut in time is compared with the
version that serves, as it stands. Both get what a user had said up to the cut, and the first half of what the user said
after it; the rest is to be found.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from recsvc.datasets.collected import joined
from recsvc.datasets.dataset import Dataset, Ratings
from recsvc.engine.engine import Engine, predicted_stars
from recsvc.evaluation.metrics.accuracy import ndcg
from recsvc.evaluation.metrics.beyond_accuracy import coverage, popularity_lift
from recsvc.evaluation.metrics.bootstrap import Interval, intervals
from recsvc.evaluation.protocols.ranked_lists import make_lists
from recsvc.features.catalogue import Catalogue
from recsvc.features.interactions import Interactions, interactions_of
from recsvc.features.vocabulary import Vocabulary
from recsvc.models.contract import Model
from recsvc.models.hybrid import Hybrid
from recsvc.training.config import TrainingConfig
from recsvc.types import Rows, Taste

K = 10
LEAST_USERS = 200
"""With fewer users to ask, no version is promoted by itself."""
LATER_SHARE = 0.2
"""The newest share of what is new that the candidate of the gate does not learn from."""
MOST_LOST = 0.01
"""How much of the nDCG of the version that serves a new one may surely lose."""
PROTOCOL = "later ratings of the users of the service"
_NAMES = {"serving": "the version that serves", "first": "the first version", "popular": "the popular list"}
Predicted: TypeAlias = Callable[[Taste, Rows], list[float | None]]
"""Returns the predicted stars of some movies for a taste, None where there is no prediction."""
MOST_SHRUNK, LEAST_COVERAGE, MOST_LIFT, MOST_STAR_ERROR = 0.02, 0.8, 1.2, 1.05
"""Bounds of the checks, relative to the version that serves."""


@dataclass(frozen=True, slots=True)
class Question:
    """What the gate asks: the ratings up to the cut, and of each user what is folded in and what is to be found.

    `known` is what the candidate is trained on besides the dataset. The users of all three are the same.
    """

    cut: int
    known: Ratings
    fold_in: Ratings
    held_out: Ratings

    @property
    def users(self) -> NDArray[np.int32]:
        """The users with something to be found, in ascending order."""
        return np.unique(self.held_out.users)


def question(collected: Ratings, since: int) -> Question:
    """Cut what was collected in time; ratings up to `since` (seconds) the serving version may have seen.

    `LATER_SHARE` of what is newer is later than the cut. Of each user with two or more later ratings, the first half of
    these is folded in, rounded down, and the rest is to be found.
    """
    times = collected.timestamps
    new = np.sort(times[times > since])
    cut = int(new[len(new) - max(round(LATER_SHARE * len(new)), 1)]) - 1 if len(new) else since
    later = np.flatnonzero(times > cut)
    later = later[np.lexsort((collected.movie_ids[later], times[later], collected.users[later]))]
    _, first, counts = np.unique(collected.users[later], return_index=True, return_counts=True)
    place = np.arange(len(later)) - np.repeat(first, counts)
    asked = np.repeat(counts, counts) >= 2
    to_find = later[asked & (place >= np.repeat(counts // 2, counts))]
    folded = np.ones(len(times), np.bool_)
    folded[later] = False
    known = collected.take(folded)
    folded[later[asked & (place < np.repeat(counts // 2, counts))]] = True
    return Question(cut, known, collected.take(folded), collected.take(np.sort(to_find)))


class Judged(NamedTuple):
    """What one model reaches: the nDCG@10 of each user (n,), and single figures.

    `coverage` is the share of the catalogue that is in lists, `lift` the popularity lift, and `star_rmse` the error of
    predicted stars, infinite where there are none.
    """

    ndcg: NDArray[np.float64]
    coverage: float
    lift: float
    star_rmse: float

    def figures(self) -> dict[str, Any]:
        """Return them as JSON."""
        figures = {f"ndcg@{K}": _mean(self.ndcg), f"coverage@{K}": self.coverage, "popularity_lift": self.lift}
        return {**figures, **({"star_rmse": self.star_rmse} if np.isfinite(self.star_rmse) else {})}


@dataclass(frozen=True, slots=True)
class Asked:
    """A question to one model over its own catalogue: movies that it does not have cannot be found.

    `counts` is how often each movie of the catalogue was rated up to the cut.
    """

    question: Question
    vocabulary: Vocabulary
    counts: NDArray[np.int64]

    @classmethod
    def of(cls, asked: Question, vocabulary: Vocabulary, known: Ratings) -> Self:
        """Return the question for a catalogue; `known` are all ratings up to the cut, for the popularity lift."""
        rows = vocabulary.rows(_inside(known, vocabulary).movie_ids)
        return cls(asked, vocabulary, np.bincount(rows, minlength=len(vocabulary)))

    def judged(self, model: Model, fallback: Model, predicted: Predicted) -> Judged:
        """Return what a model reaches; `fallback` ranks where it has no scores, `predicted` are its stars."""
        fold_in, held_out = (
            interactions_of(_inside(part, self.vocabulary), self.vocabulary)
            for part in (self.question.fold_in, self.question.held_out)
        )
        lists = make_lists(model, fold_in, held_out, k=K, fallback=fallback)
        hits, _ = lists.hits(held_out)
        relevant = np.bincount(self.question.held_out.users, minlength=len(self.question.held_out.user_labels))
        values = np.zeros(len(relevant))
        values[lists.users] = ndcg(hits, relevant[lists.users])
        return Judged(
            values[self.question.users],
            coverage(lists, len(self.vocabulary)),
            popularity_lift(lists, fold_in, self.counts),
            _star_rmse(predicted, fold_in, held_out),
        )


def _inside(ratings: Ratings, vocabulary: Vocabulary) -> Ratings:
    return ratings.take(np.isin(ratings.movie_ids, vocabulary.ids))


def _star_rmse(predicted: Predicted, fold_in: Interactions, held_out: Interactions) -> float:
    squares = [
        (stars - true) ** 2
        for user in np.unique(held_out.users).tolist()
        for stars, true in zip(
            predicted(fold_in.taste(user), held_out.taste(user).rows), held_out.taste(user).stars.tolist(), strict=True
        )
        if stars is not None
    ]
    return float(np.sqrt(np.mean(squares))) if squares else float("inf")


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a version may serve by itself, why or why not in one line, and the figures."""

    passed: bool
    reason: str
    metrics: dict[str, Any]


def judge(dataset: Dataset, asked: Question, config: TrainingConfig, serving: Engine, first: Engine | None) -> Verdict:
    """Compare a candidate with the serving version, with the first one of its catalogue, and with the popular list.

    Raises:
        ModelError: The models cannot be trained on what was known up to the cut.
    """
    if len(asked.users) < LEAST_USERS:
        reason = f"{len(asked.users)} users said something to test on, of {LEAST_USERS} that are needed"
        return Verdict(False, reason, {"protocol": PROTOCOL, "users": len(asked.users), "decision": reason})
    vocabulary = Vocabulary.of(movie.movie_id for movie in dataset.movies)
    known = joined(dataset.ratings, asked.known)
    train = config.train_interactions(known, vocabulary)
    rng = np.random.default_rng(config.seed)
    hybrid = Hybrid(config.hybrid).fit(train, dataset.movies, rng=rng)
    stars = config.star_model().fit(train, dataset.movies, rng=rng)
    asked_here = Asked.of(asked, vocabulary, known)
    own = asked_here.judged(hybrid, hybrid.popularity, partial(predicted_stars, stars))
    others = {
        name: Asked.of(asked, engine.catalogue.vocabulary, known).judged(
            engine.hybrid, engine.hybrid.popularity, engine.predicted
        )
        for name, engine in (("serving", serving), ("first", first))
        if engine is not None
    }
    others["popular"] = asked_here.judged(hybrid.popularity, hybrid.popularity, lambda _taste, rows: [None] * len(rows))
    compared = {name: _difference(own, other, config.seed) for name, other in others.items()}
    refused = [
        *_lost(compared, others),
        *_failed_checks(own, others["serving"], len(vocabulary), serving.catalogue),
    ]
    before = _mean(others["serving"].ndcg)
    figures = f"nDCG@{K} of {len(asked.users)} users later on: {_mean(own.ndcg):.4f}, {before:.4f} as it serves"
    reason = "; ".join([figures, *refused])
    metrics = {
        "protocol": PROTOCOL,
        "users": len(asked.users),
        "decision": reason,
        Hybrid.kind: own.figures(),
        **{
            name: {
                **other.figures(),
                "gain": compared[name][0],
                "gain_low": compared[name][1].low,
                "gain_high": compared[name][1].high,
            }
            for name, other in others.items()
        },
    }
    return Verdict(not refused, reason, metrics)


def _mean(values: NDArray[np.float64]) -> float:
    return float(values.mean()) if len(values) else 0.0


def _difference(own: Judged, other: Judged, seed: int) -> tuple[float, Interval]:
    """Return the mean paired difference of the nDCG, and its interval over users."""
    difference = own.ndcg - other.ndcg
    return _mean(difference), intervals({"difference": difference}, seed=seed)["difference"]


def _lost(compared: Mapping[str, tuple[float, Interval]], others: Mapping[str, Judged]) -> list[str]:
    """Return what is lost: to the serving version by more than a share of it, to the others for sure."""
    reasons = []
    for name, (mean, interval) in compared.items():
        bound = -MOST_LOST * _mean(others[name].ndcg)
        if interval.low <= bound if name == "serving" else interval.high < 0:
            reasons.append(f"against {_NAMES[name]} it is {mean:+.4f} [{interval.low:+.4f}, {interval.high:+.4f}]")
    return reasons


def _failed_checks(own: Judged, serving: Judged, movies: int, catalogue: Catalogue) -> list[str]:
    """Return what got worse since the serving version, whose `catalogue` it is; `movies` is how many there are now.

    Where that was trained without ratings, as on TMDB's tables alone, its lists do not know what is popular.
    """
    movies_before = len(catalogue.vocabulary)
    most_lift = MOST_LIFT * serving.lift if catalogue.rating_counts.any() else np.inf
    checks = {
        f"the catalogue has {movies:,} movies, and had {movies_before:,}": movies < (1 - MOST_SHRUNK) * movies_before,
        f"lists have {own.coverage:.1%} of the catalogue, and had {serving.coverage:.1%}": own.coverage
        < LEAST_COVERAGE * serving.coverage,
        f"the popularity lift is {own.lift:.2f}, and was {serving.lift:.2f}": own.lift > most_lift,
        f"the predicted stars are {own.star_rmse:.3f} off, and were {serving.star_rmse:.3f}": own.star_rmse
        > MOST_STAR_ERROR * serving.star_rmse,
    }
    return [reason for reason, failed in checks.items() if failed]
