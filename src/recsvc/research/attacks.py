"""Attacks by ratings: what a share of users who agree among themselves can do to the lists of all others.

The attackers are simulated, and are trained on like everyone, with the newest times. The kinds are those of Mobasher et
al. 2007, "Toward Trustworthy Recommender Systems: An Analysis of Attack Models and Algorithm Robustness". A *push*
gives 5 stars to a movie that nearly nobody knows, together with the most rated movies ("bandwagon") or with drawn ones
at their mean ("average"). *Noise* gives drawn movies drawn stars.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from recsvc.datasets.dataset import Dataset
from recsvc.evaluation.parallel import Job, Progress, run_all
from recsvc.evaluation.protocols.ranking_protocols import RankingResult, evaluate, ms_recommenders
from recsvc.evaluation.protocols.tasks import Task
from recsvc.evaluation.results import Json
from recsvc.features.interactions import Interactions
from recsvc.features.vocabulary import Vocabulary
from recsvc.models.hybrid import Hybrid

Places: TypeAlias = NDArray[np.signedinteger]
"""Rows of movies (n,)."""
Kind = Literal["bandwagon", "average", "noise"]

SHARE = 0.05
FILLERS = 50
"""How many movies an attacker rates beside the one that is pushed; about as many as users of the datasets do."""
NOISE = 300
"""How many movies an attacker rates who makes noise: as many as a user of the service is trained on at most."""
TARGETS = 5
MOST_RATINGS = 3
"""A movie with 1 to this many ratings in training is one that nearly nobody knows."""
STARS = np.arange(0.5, 5.5, 0.5)


@dataclass(frozen=True, slots=True)
class Attack:
    """A kind of attack, and the movie that it pushes, if it does."""

    kind: Kind
    target: int | None = None


def with_attackers(train: Interactions, attack: Attack, *, seed: int, share: float = SHARE) -> Interactions:
    """Return the ratings with those of attackers behind them, who are `share` of all users then."""
    count = round(share / (1 - share) * train.n_users)
    rng = np.random.default_rng(seed)
    counts = train.counts()
    _, _, means = train.means("item")
    most_rated = np.argsort(-counts, kind="stable")
    rated = np.flatnonzero(counts)
    rows, stars = [], []
    for _ in range(count):
        own, given = _profile(attack, rng, most_rated, rated, means)
        order = np.argsort(own)
        rows.append(own[order])
        stars.append(given[order])
    sizes = np.array([len(own) for own in rows], np.int64)
    newest = None if train.times is None else np.full(int(sizes.sum()), train.times.max(), np.int64)
    return Interactions(
        train.n_movies,
        np.concatenate([train.starts, train.starts[-1] + np.cumsum(sizes)]),
        np.concatenate([train.rows, *rows]).astype(np.int32),
        np.concatenate([train.stars, *stars]).astype(np.float32),
        None if train.times is None or newest is None else np.concatenate([train.times, newest]),
    )


def _profile(
    attack: Attack, rng: np.random.Generator, most_rated: Places, rated: Places, means: NDArray[np.float64]
) -> tuple[Places, NDArray[np.float64]]:
    """Return the movies that one attacker rates, and the stars."""
    if attack.target is None:
        drawn = rng.choice(rated, min(NOISE, len(rated)), replace=False)
        return drawn, rng.choice(STARS, len(drawn))
    others = (most_rated if attack.kind == "bandwagon" else rng.permutation(rated))[: FILLERS + 1]
    fillers = others[others != attack.target][:FILLERS]
    given = np.full(len(fillers), STARS[-1])
    if attack.kind == "average":
        given = np.clip(np.round(means[fillers] * 2) / 2, STARS[0], STARS[-1])
    return np.append(fillers, attack.target), np.append(given, STARS[-1])


def share_of_lists(result: RankingResult, movie: int, train: Interactions) -> float:
    """Return the share of the users who have not rated a movie in whose lists it is."""
    have = [
        movie in ranked.rows
        for user, ranked in zip(result.lists.users.tolist(), result.lists.ranked, strict=True)
        if movie not in train.taste(user).rows
    ]
    return float(np.mean(have))


def attacks(dataset: Dataset, *, seed: int, processes: int, progress: Progress) -> Json:
    """Measure all attacks on `ms-recommenders`, whose users are the others, beside no attack at all."""
    task = ms_recommenders.task(dataset, Vocabulary.of(movie.movie_id for movie in dataset.movies), seed)
    counts = task.train.counts()
    unknown = np.flatnonzero((counts >= 1) & (counts <= MOST_RATINGS))
    targets = np.random.default_rng(seed).choice(unknown, TARGETS, replace=False).tolist()
    tried: list[Attack | None] = [
        None,
        Attack("noise"),
        *(Attack(kind, target) for kind in ("bandwagon", "average") for target in targets),
    ]
    results = run_all([Job(str(one), _Measured(task, one)) for one in tried], processes=processes, progress=progress)
    without, noise, *pushes = results
    rows = [
        {"attack": kind, **_pushed(task, without, pushes[at * TARGETS :][:TARGETS], targets)}
        for at, kind in enumerate(("bandwagon", "average"))
    ]
    return {
        "dataset": dataset.name,
        "seed": seed,
        "share": SHARE,
        "targets": [dataset.movies[row].title for row in targets],
        "ratings_of_targets": counts[targets].tolist(),
        "without": _ndcg(without),
        "noise": _ndcg(noise),
        "push": rows,
    }


@dataclass(frozen=True, slots=True)
class _Measured:
    """The job of one attack, or of none."""

    task: Task
    attack: Attack | None

    def __call__(self) -> RankingResult:
        train = self.task.train
        if self.attack is not None:
            train = with_attackers(train, self.attack, seed=self.task.seed)
        return evaluate("hybrid", Hybrid(), replace(self.task, train=train))


def _pushed(task: Task, without: RankingResult, results: Sequence[RankingResult], targets: Sequence[int]) -> Json:
    def shares(of: Sequence[RankingResult]) -> list[float]:
        return [share_of_lists(result, target, task.fold_in) for result, target in zip(of, targets, strict=True)]

    return {
        "in_lists": shares(results),
        "before": shares([without] * len(targets)),
        "ndcg@10": {kind: float(np.mean([_ndcg(result)[kind] for result in results])) for kind in ("any", "liked")},
    }


def _ndcg(result: RankingResult) -> dict[str, float]:
    return {"any": result.metrics["ndcg@10"], "liked": result.metrics_liked["ndcg@10"]}
