"""How trials are compared: the lists of each kind of users on hold-outs inside the ratings, weighed in one place."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from hashlib import blake2b
from typing import Generic, NamedTuple, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from recsvc.datasets.dataset import Dataset
from recsvc.evaluation.metrics.accuracy import per_user
from recsvc.evaluation.metrics.beyond_accuracy import popularity_lift
from recsvc.evaluation.protocols.ranked_lists import RankedLists, liked, make_lists
from recsvc.evaluation.protocols.tasks import Task
from recsvc.features.interactions import Interactions, interactions_of
from recsvc.features.movie_kinds import MovieKinds
from recsvc.features.vocabulary import Vocabulary
from recsvc.models.als import Als, AlsConfig
from recsvc.models.collaborative import Collaborative
from recsvc.models.content import Content, ContentConfig
from recsvc.models.contract import Model
from recsvc.models.ease import Ease
from recsvc.models.hybrid import Hybrid, HybridConfig, Parts
from recsvc.models.item_item_models import TrainedWeights
from recsvc.models.spectral import Spectral
from recsvc.tuning.budget import HOLD_OUTS, SEEDS, remembered, trained_movies
from recsvc.tuning.holdouts import WINDOWS, inner_tasks, later_tasks
from recsvc.types import Array, FloatMatrix, FloatMovies, Rows

K = 10
LATER = "later"
WEIGHTS: Mapping[str, float] = {"known": 1 / 3, "new": 1 / 6, "few": 1 / 6, LATER: 1 / 3}
"""How much the lists of each kind of users count: a third those of known users, of new ones, and later in time.

Lists of unknown users depend on nothing else and are searched apart (`tuning.popular`)."""
MOST_LIFT = 1.545
"""No config may have more popularity lift in the lists of known users, and more than the defaults."""
FAR_BEYOND = 1.03
"""With so many times that lift, the defaults tell that users of this data rate less popular movies: no bound holds."""
PRICE_OF_LIFT = 0.01
"""What each unit of lift beyond that of such defaults costs of the value."""
STANDARD_ERRORS = 0.5
"""How many standard errors below its mean a config is valued."""
MOST_LOSS = 0.02
"""No kind of users may lose more than this share of what the defaults reach, whatever others gain: see `value`."""
MOST_USERS, MOST_SCORES = 1000, 20_000_000
"""At most this many users are measured of each kind, and at most as many as have this many scores together."""


class PerUser(NamedTuple):
    """The nDCG@10 of each user (n,) with every held-out rating relevant, and with liked ones: NaN without any."""

    any: NDArray[np.float64]
    liked: NDArray[np.float64]

    @classmethod
    def of(cls, lists: RankedLists, held_out: Interactions) -> Self:
        """Return what lists reach, whose users all have held-out ratings."""
        pleasing = liked(held_out)
        of_liked = np.full(len(lists.users), np.nan)
        of_liked[np.diff(pleasing.starts)[lists.users] > 0] = per_user(*lists.hits(pleasing))[f"ndcg@{K}"]
        return cls(per_user(*lists.hits(held_out))[f"ndcg@{K}"], of_liked)

    @classmethod
    def joined(cls, parts: Sequence[PerUser]) -> Self:
        """Return those of the users of several tasks."""
        return cls(*(np.concatenate(values) for values in zip(*parts, strict=True)))

    def means(self) -> tuple[float, float]:
        """Return the means over users, 0 where there are none."""
        known = self.liked[np.isfinite(self.liked)]
        any_rating, liked_ones = (float(values.mean()) if len(values) else 0.0 for values in (self.any, known))
        return any_rating, liked_ones

    def gains(self, defaults: PerUser) -> NDArray[np.float64]:
        """Return what each user adds to the relative gain over the defaults (n,), which is the mean of these values.

        It is the mean of that with any rating and that with liked ones, of those for which the defaults have hits.
        """
        gains = []
        for own, others, mean in zip(self, defaults, defaults.means(), strict=True):
            known = np.isfinite(others)
            if mean:
                scale = len(others) / (known.sum() * mean)
                gains.append(np.where(known, (own - others) * scale, 0.0))
        return np.asarray(np.mean(gains, axis=0) if gains else np.empty(0))


Trained = TypeVar("Trained")


@dataclass(frozen=True, slots=True)
class Figures:
    """What one config reaches on the hold-outs of one seed.

    `ndcg` has that of each kind of users; `lift` is the popularity lift for known users, 0 where there are none.
    """

    ndcg: Mapping[str, PerUser]
    lift: float

    @classmethod
    def joined(cls, parts: Sequence[Figures]) -> Self:
        """Return those of several hold-outs, one of which has the known users."""
        ndcg: dict[str, list[PerUser]] = {}
        for part in parts:
            for users, of_users in part.ndcg.items():
                ndcg.setdefault(users, []).append(of_users)
        joined = {users: PerUser.joined(of_users) for users, of_users in ndcg.items()}
        return cls(joined, sum(part.lift for part in parts))

    def means(self) -> dict[str, tuple[float, float]]:
        """Return the mean nDCG@10 of each kind of users, with any rating and with liked ones."""
        return {users: of_users.means() for users, of_users in self.ndcg.items()}


class Value(NamedTuple):
    """How much better a config is than the defaults, whose value is 1, and the standard error of that over users."""

    mean: float
    error: float

    @property
    def lower(self) -> float:
        """What is rather surely reached: by this trials are compared, or the luckiest of many would win."""
        return self.mean - STANDARD_ERRORS * self.error


def value_of_gains(gains: NDArray[np.float64]) -> Value:
    """Return the value of a config by what each user adds to its gain over the defaults (n,)."""
    return Value(1 + float(gains.mean()), float(gains.std()) / math.sqrt(len(gains))) if len(gains) else Value(1.0, 0.0)


def value(figures: Sequence[Figures], defaults: Sequence[Figures]) -> Value:
    """Return the value of a config, measured on some seeds, beside the defaults on the same ones.

    It is the weighted mean over kinds of users of the nDCG over that of the defaults. Kinds of users for which the
    defaults have no hit do not count. A config whose lists are too popular is worth nothing: the bound is `MOST_LIFT`,
    or the lift of the defaults. Where the defaults are far beyond the bound, lift beyond theirs has a price instead.
    And nothing worth is a config by which some kind of users loses more than `MOST_LOSS`, even if it lost half a
    standard error less: what those gain who come later would outweigh any loss of others.
    """
    gains: dict[str, list[NDArray[np.float64]]] = {}
    for one, reference in zip(figures, defaults, strict=True):
        for users, of_defaults in reference.ndcg.items():
            if len(of_users := one.ndcg[users].gains(of_defaults)):
                gains.setdefault(users, []).append(of_users)
    lift, least = (float(np.mean([one.lift for one in side])) for side in (figures, defaults))
    bounded = least <= FAR_BEYOND * MOST_LIFT
    if bounded and lift > max(MOST_LIFT, least):
        return Value(0.0, 0.0)
    total = sum(WEIGHTS[users] for users in gains)
    mean, variance = 1.0, 0.0
    for users, seeds in gains.items():
        gain = float(np.mean([one.mean() for one in seeds]))
        error = math.sqrt(sum(float(one.var()) / len(one) for one in seeds)) / len(seeds)
        if gain + STANDARD_ERRORS * error < -MOST_LOSS:
            return Value(0.0, 0.0)
        weight = WEIGHTS[users] / total
        mean += weight * gain
        variance += (weight * error) ** 2
    return Value(mean - (0.0 if bounded else PRICE_OF_LIFT * max(lift - least, 0.0)), math.sqrt(variance))


def hold_outs_of(seed: int) -> int:
    """Return how many hold-outs a seed has at most: those in time draw nothing and belong to the first seed."""
    return HOLD_OUTS + (WINDOWS if seed == SEEDS[0] else 0)


def hold_outs(dataset: Dataset, seed: int) -> list[dict[str, Task]]:
    """Return the hold-outs of a seed: the tasks, by the kind of their users, for which one model is trained.

    Of each kind there are at most so many users as are measured.
    """
    vocabulary = Vocabulary.of(movie.movie_id for movie in dataset.movies)
    most = max(min(MOST_USERS, MOST_SCORES // max(len(vocabulary), 1)), 1)
    rng = np.random.default_rng(seed)
    known, new, few = (_limited(task, most, rng) for task in inner_tasks(dataset, vocabulary, seed).values())
    later = later_tasks(dataset, vocabulary) if seed == SEEDS[0] else []
    return [
        {"known": known},
        {"new": new, "few": few},
        *({LATER: _limited(task, most // len(later) or 1, rng)} for task in later),
    ]


def _limited(task: Task, most: int, rng: np.random.Generator) -> Task:
    """Keep at most so many users of a task."""
    chosen = rng.choice(task.users, min(most, len(task.users)), replace=False)
    held_out = task.held_out.kept(np.isin(task.held_out.users, chosen))
    return replace(task, users=np.sort(chosen), held_out=held_out)


def figures_on(tasks: Mapping[str, Task], model: Model, fallback: Model) -> Figures:
    """Return the figures of a model that was trained for a hold-out; `fallback` is for users it has no scores for."""
    ndcg, lift = {}, 0.0
    for users, task in tasks.items():
        lists = make_lists(model, task.fold_in, task.held_out, k=K, fallback=fallback)
        ndcg[users] = PerUser.of(lists, task.held_out)
        if users == "known":
            lift = popularity_lift(lists, task.fold_in, task.train.counts())
    return Figures(ndcg, lift)


class Objective:
    """Measures configs on the hold-outs of a dataset, whose ratings may all be used for training."""

    def __init__(self, dataset: Dataset) -> None:
        self._dataset = dataset
        self._hold_outs: dict[int, list[dict[str, Task]]] = {}
        self._kinds = MovieKinds.of(dataset.movies)
        self._content: dict[str, RememberingContent] = {}
        most = remembered(trained_movies(dataset))
        self._trained = {kind: Latest[TrainedWeights](most) for kind in (Ease, Spectral)}
        self._als: dict[tuple[int, str], RememberingAls] = {}

    def __call__(self, config: HybridConfig, seed: int, hold_out: int) -> Figures:
        """Return the figures of a config on one hold-out of a seed, numbered from 0; nothing where there is none."""
        if seed not in self._hold_outs:
            self._hold_outs[seed] = hold_outs(self._dataset, seed)
        if hold_out >= len(self._hold_outs[seed]):
            return Figures({}, 0.0)
        tasks = self._hold_outs[seed][hold_out]
        hybrid = self._hybrid(config, next(iter(tasks.values())))
        return figures_on(tasks, hybrid, hybrid.popularity)

    def _hybrid(self, config: HybridConfig, task: Task) -> Hybrid:
        """Return the hybrid of a task; what is trained for it is shared by the trials with the same settings of it."""
        parts = Parts(
            self._collaborative(config, task),
            self._content_of(config.content),
            self._als_of(config, task),
            self._kinds,
        )
        return Hybrid(config).join(parts, task.train, task.movies, rng=task.rng())

    def _collaborative(self, config: HybridConfig, task: Task) -> Collaborative:
        collaborative = Collaborative(config.collaborative)
        rows = collaborative.trained_rows(task.train)
        ease, spectral = (
            self._trained[type(model)](
                (id(task.train), repr(model.config)),
                partial(_train, model, task, rows),
            )
            for model in (
                Ease(replace(config.collaborative.ease, output_power=0.0)),
                Spectral(replace(config.collaborative.spectral, output_power=0.0)),
            )
        )
        collaborative.set_trained(collaborative.joined(ease, spectral, task.train, rows), task.train, rows)
        return collaborative

    def _als_of(self, config: HybridConfig, task: Task) -> Als:
        """Return ALS for a task, which is the same for all trials that have it."""
        if not config.weights.als:
            return Als.untrained(config.als, len(task.movies))
        key = id(task.train), repr(config.als)
        if key not in self._als:
            self._als[key] = RememberingAls(config.als).fit(task.train, task.movies, rng=task.rng())
        return self._als[key]

    def _content_of(self, config: ContentConfig) -> RememberingContent:
        """Return the content model, which is the same for all hold-outs: of ratings it knows only the mean."""
        key = repr(config)
        if key not in self._content:
            vocabulary = Vocabulary.of(movie.movie_id for movie in self._dataset.movies)
            ratings = interactions_of(self._dataset.ratings, vocabulary)
            content = RememberingContent(config)
            content.fit(ratings, self._dataset.movies, rng=np.random.default_rng(0))
            self._content[key] = content
        return self._content[key]


def _train(model: Ease | Spectral, task: Task, rows: Rows) -> TrainedWeights:
    """Train one model for the movies at `rows`, in single precision, which halves what is kept."""
    weights, vectors, sums = model.train_weights(task.train, task.movies, rows, task.rng())
    return TrainedWeights(weights.astype(np.float32), vectors, sums.astype(np.float32))


class Latest(Generic[Trained]):
    """The models that were used last, at most so many."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._values: dict[tuple[int, str], Trained] = {}

    def __call__(self, key: tuple[int, str], make: Callable[[], Trained]) -> Trained:
        """Return the model of a key, trained if it is not there any more."""
        if key in self._values:
            value = self._values.pop(key)
        else:
            while len(self._values) >= self._most:
                del self._values[next(iter(self._values))]
            value = make()
        self._values[key] = value
        return value


class RememberingAls(Als):
    """ALS that remembers the scores it computed."""

    def __init__(self, config: AlsConfig | None = None) -> None:
        super().__init__(config)
        self._scores: dict[bytes, FloatMatrix] = {}

    def score_all(self, users: Interactions) -> FloatMatrix:
        """Return the scores of many users."""
        key = _key(users.starts, users.rows, users.stars)
        if key not in self._scores:
            self._scores[key] = super().score_all(users)
        return self._scores[key]


class RememberingContent(Content):
    """A content model that remembers what it computed, since trials ask it for the same again and again."""

    def __init__(self, config: ContentConfig | None = None) -> None:
        super().__init__(config)
        self._scores: dict[bytes, FloatMatrix] = {}
        self._similarities: dict[int, FloatMovies] = {}
        self._nearest: dict[bytes, tuple[Rows, FloatMatrix]] = {}

    def score_all(self, users: Interactions) -> FloatMatrix:
        """Return the scores of many users."""
        key = _key(users.starts, users.rows, users.stars)
        if key not in self._scores:
            self._scores[key] = super().score_all(users)
        return self._scores[key]

    def similar(self, row: int) -> FloatMovies:
        """Return the similarities to one movie."""
        if row not in self._similarities:
            self._similarities[row] = super().similar(row)
        return self._similarities[row]

    def nearest(self, rows: Rows, among: Rows, *, k: int) -> tuple[Rows, FloatMatrix]:
        """Return the most similar ones among some movies."""
        key = _key(rows, among, np.array([k]))
        if key not in self._nearest:
            self._nearest[key] = super().nearest(rows, among, k=k)
        return self._nearest[key]


def _key(*arrays: Array) -> bytes:
    return blake2b(b"".join(array.tobytes() for array in arrays), digest_size=16).digest()
