"""Weighing what makes movies similar on pairs that users judged, and how far that carries over to other movies."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

from recsvc.datasets.tables import Dataset
from recsvc.errors import DataError
from recsvc.evaluation.metrics.bootstrap import Interval
from recsvc.evaluation.parallel import Job, run_all
from recsvc.evaluation.protocols.dyadic_intervals import interval_around
from recsvc.evaluation.protocols.judged_pairs import HeldPairs, JudgedPair, held_pairs
from recsvc.evaluation.protocols.similarity import Difference, PairValues, auc, evaluate_pairs, influences
from recsvc.features.interactions import interactions_of
from recsvc.features.text import ABOUT, FIELDS, tag_matrix
from recsvc.features.vocabulary import Vocabulary
from recsvc.models.content import ContentConfig
from recsvc.models.hybrid import Hybrid, HybridConfig
from recsvc.models.spectral import Spectral
from recsvc.research.plain_sum import NAME, plain_sum
from recsvc.types import Movie

Weights: TypeAlias = dict[str, float]
"""How much each cosine counts: of each field of tags, and of `RATINGS`; together 1."""
Signals: TypeAlias = NDArray[np.float64]
"""float64 (n_pairs, n_signals): what each signal says of each pair."""

RATINGS = "collaborative"
REPETITIONS = 50
FOLDS = 20
PENALTY = 0.1
PROTOCOL = (
    f"{REPETITIONS} partitions of the movies into {FOLDS} folds; no pair is measured by weights that saw its movies"
)


@dataclass(frozen=True, slots=True)
class Weighed:
    """A way to weigh and the area that it reaches; `weights` are empty for the plain sum, which has its own signals.

    `above` is the difference to the plain sum. The intervals respect that pairs share movies.
    """

    name: str
    weights: Weights
    auc: float
    interval: Interval
    above: Difference | None = None


@dataclass(frozen=True, slots=True)
class SimilarStudy:
    """What was compared; `spreads` are the standard deviations of the cosines over the pairs, whatever was judged."""

    dataset: str
    protocol: str
    seed: int
    pairs: int
    pairs_ok: int
    pairs_asked: int
    spreads: Weights
    results: list[Weighed]


def tune_similar(
    dataset: Dataset, judged: Sequence[JudgedPair], *, seed: int, jobs: int, progress: Callable[[str, int], None]
) -> SimilarStudy:
    """Compare the plain sum, equal weights, weights of one over the spread, those served, and fitted ones.

    Only `fitted` looks at what users judged: its weights are fitted to all pairs, its area is that of values out of
    fold, from weights that never saw the movies of the pair.

    Raises:
        DataError: the dataset does not hold a fit pair and an unfit one, or too few pairs to keep movies apart.
    """
    pairs = held_pairs(judged, dataset)
    movies = dataset.movies
    interactions = interactions_of(dataset.ratings, Vocabulary.of(movie.movie_id for movie in movies))
    config = HybridConfig()
    told, _ = evaluate_pairs(Spectral(config.collaborative.spectral), interactions, movies, pairs, seed=seed)
    by_ratings = np.nan_to_num(told)  # where nobody's ratings speak, a pair counts as unlike

    def values_of(weights: Weights) -> PairValues:
        return tag_cosines(movies, pairs, weights, config.content) + weights[RATINGS] * by_ratings

    cosines = {field: tag_cosines(movies, pairs, {field: 1.0}, config.content) for field in FIELDS}
    spreads = {name: float(values.std()) for name, values in (cosines | {RATINGS: by_ratings}).items()}
    served = served_weights(config)
    equal = _proportions(dict.fromkeys(spreads, 1.0))
    inverse = _proportions({name: 1 / (spread or 1.0) for name, spread in spreads.items()})
    about = tag_cosines(movies, pairs, _proportions({field: served[field] for field in ABOUT}), config.content)
    others = [values for field, values in cosines.items() if field not in ABOUT]
    signals = np.column_stack([about, *others, by_ratings])
    fitted, out_of_fold = fit_apart(signals, pairs, seed=seed, jobs=jobs, progress=progress)
    as_served, _ = evaluate_pairs(Hybrid(config), interactions, movies, pairs, seed=seed)
    reference = plain_sum(interactions, movies, pairs)
    return SimilarStudy(
        dataset.name,
        PROTOCOL,
        seed,
        len(pairs),
        int(pairs.fit.sum()),
        pairs.asked,
        spreads,
        [
            weighed(NAME, {}, reference, pairs),
            weighed("equal", equal, values_of(equal), pairs, reference),
            weighed("inverse-spread", inverse, values_of(inverse), pairs, reference),
            weighed("served", served, as_served, pairs, reference),
            weighed("fitted", _shared_out(fitted, served), out_of_fold, pairs, reference),
        ],
    )


def served_weights(config: HybridConfig) -> Weights:
    """How much each cosine counts in what the hybrid calls similar."""
    content = config.similar_weights["content"]
    weights = {field: content * config.content.weights[field] for field in FIELDS}
    return _proportions(weights | {RATINGS: config.similar_weights[RATINGS]})


def tag_cosines(
    movies: Sequence[Movie], pairs: HeldPairs, weights: Mapping[str, float], config: ContentConfig
) -> PairValues:
    """The weighted sum of the cosines of the fields of tags; what is no field is left out."""
    fields = {field: weight for field, weight in weights.items() if field in FIELDS}
    tags = tag_matrix(movies, weights=fields, vectoriser=config.vectoriser, min_movies=config.min_movies)
    return np.asarray(tags[pairs.first].multiply(tags[pairs.second]).sum(axis=1), np.float64).ravel()


def weighed(
    name: str, weights: Weights, values: PairValues, pairs: HeldPairs, reference: PairValues | None = None
) -> Weighed:
    """The area of the values of the pairs, and how much higher it is than that of the reference."""
    area, moved = auc(values, pairs.fit), influences(values, pairs.fit)
    above = None
    if reference is not None:
        difference = area - auc(reference, pairs.fit)
        above = Difference(difference, interval_around(difference, moved - influences(reference, pairs.fit), pairs))
    return Weighed(name, weights, area, interval_around(area, moved, pairs), above)


def fit_apart(
    signals: Signals, pairs: HeldPairs, *, seed: int, jobs: int, progress: Callable[[str, int], None]
) -> tuple[NDArray[np.float64], PairValues]:
    """Weights (n_signals,) fitted to all pairs, and the mean value of each pair by weights that never saw its movies.

    Raises:
        DataError: for some pair, the pairs that share no movie with it are all of one kind.
    """
    seeds = np.random.SeedSequence(seed).spawn(REPETITIONS)
    repetitions = [Job("partitions of the movies", partial(_repetition, signals, pairs, one)) for one in seeds]
    sums, times = np.sum(run_all(repetitions, processes=jobs, progress=progress), axis=0)
    if not times.all():
        raise DataError(f"{len(pairs)} pairs are too few, or share too many movies, to keep movies apart between folds")
    return fitted_weights(signals, pairs.fit), sums / times


def _repetition(signals: Signals, pairs: HeldPairs, seed: np.random.SeedSequence) -> NDArray[np.float64]:
    """Of one partition, the sum of each pair's values and how often it was measured (2, n_pairs)."""
    found = np.zeros((2, len(pairs)))
    for training, measured in movie_folds(pairs, np.random.default_rng(seed)):
        fit = pairs.fit[training]
        if fit.any() and not fit.all():
            above_mean = signals[measured] - signals[training].mean(axis=0)  # comparable whatever the weights are
            found[0, measured] += above_mean @ fitted_weights(signals[training], fit)
            found[1, measured] += 1
    return found


def movie_folds(pairs: HeldPairs, rng: np.random.Generator) -> Iterator[tuple[NDArray[np.bool_], NDArray[np.bool_]]]:
    """Share the movies out to `FOLDS` folds; yield for each fold the pairs to train on and those to measure, (n_pairs,).

    Measured are the pairs with a movie in the fold, trained on those that share no movie with any of these.
    """
    movies, places = np.unique(np.concatenate([pairs.first, pairs.second]), return_inverse=True)
    first, second = places[: len(pairs)], places[len(pairs) :]
    fold = rng.permutation(np.arange(len(movies)) % FOLDS)
    for number in range(min(FOLDS, len(movies))):
        measured = (fold[first] == number) | (fold[second] == number)
        met = np.zeros(len(movies), np.bool_)
        met[first[measured]] = met[second[measured]] = True
        yield ~(met[first] | met[second]), measured


def fitted_weights(signals: Signals, fit: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The weights of a logistic regression, none below 0, in proportion: they add up to 1, or are all 0.

    The signals are divided by their spreads; what is minimised is the mean loss plus `PENALTY` / 2 times the sum of
    squared weights (ridge; Hoerl & Kennard 1970), the intercept left out.
    """
    spread = signals.std(axis=0)
    scaled = np.divide(signals, spread, where=spread > 0, out=np.zeros_like(signals))
    signs = np.where(fit, 1.0, -1.0)

    def loss(parameters: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        weights, intercept = parameters[:-1], parameters[-1]
        margins = signs * (scaled @ weights + intercept)
        slopes = -signs / (1 + np.exp(margins)) / len(signs)
        value = np.logaddexp(0, -margins).mean() + PENALTY / 2 * (weights**2).sum()
        return float(value), np.append(scaled.T @ slopes + PENALTY * weights, slopes.sum())

    n_signals = signals.shape[1]
    bounds = [(0, None)] * n_signals + [(None, None)]
    found = optimize.minimize(loss, np.zeros(n_signals + 1), jac=True, method="L-BFGS-B", bounds=bounds).x[:-1]
    weights = np.divide(found, spread, where=spread > 0, out=np.zeros(n_signals))
    return np.asarray(weights / (weights.sum() or 1.0))


def _shared_out(fitted: NDArray[np.float64], served: Weights) -> Weights:
    """Weights of the signals as weights of the cosines: the fields of `ABOUT` keep the proportions served."""
    first, *others = fitted.tolist()
    about = _proportions({field: served[field] for field in ABOUT})
    names = [name for name in served if name not in ABOUT]
    return {field: first * share for field, share in about.items()} | dict(zip(names, others, strict=True))


def _proportions(weights: Weights) -> Weights:
    total = sum(weights.values())
    return {name: weight / total for name, weight in weights.items()}
