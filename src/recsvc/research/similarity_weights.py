"""Weights of the parts of a similarity, fitted to pairs that users judged, and how well they generalise."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

from recsvc.datasets.dataset import Dataset
from recsvc.errors import DataError
from recsvc.evaluation.metrics.bootstrap import Interval
from recsvc.evaluation.parallel import Job, run_all
from recsvc.evaluation.protocols.dyadic_intervals import interval_around
from recsvc.evaluation.protocols.judged_pairs import CataloguePairs, JudgedPair, pairs_in
from recsvc.evaluation.protocols.similarity import Difference, PairValues, auc, evaluate_pairs, influences
from recsvc.features.interactions import interactions_of
from recsvc.features.text import ABOUT, EMBEDDING, FIELDS, tag_matrix
from recsvc.features.vocabulary import Vocabulary
from recsvc.models.content import ContentConfig
from recsvc.models.hybrid import Hybrid, HybridConfig
from recsvc.models.spectral import Spectral
from recsvc.research import plain_sum
from recsvc.types import Movie

Weights: TypeAlias = dict[str, float]
"""The weight of each cosine, that is of each field of tags and of `RATINGS`; together 1."""
Signals: TypeAlias = NDArray[np.float64]
"""float64 (n_pairs, n_signals): the value of each signal for each pair."""

RATINGS = "collaborative"
REPETITIONS = 50
FOLDS = 20
PENALTY = 0.1
PROTOCOL = (
    f"{REPETITIONS} partitions of the movies into {FOLDS} folds; no pair is measured by weights fitted to its movies"
)


@dataclass(frozen=True, slots=True)
class WeightingResult:
    """The area under the curve that a weighting reaches; `weights` are empty for the plain sum, which has none.

    `above` is the difference to the plain sum. The intervals take into account that pairs share movies.
    """

    name: str
    weights: Weights
    auc: float
    interval: Interval
    above: Difference | None = None


@dataclass(frozen=True, slots=True)
class SimilarityStudy:
    """The weightings that were compared, and the standard deviations of the cosines over the pairs."""

    dataset: str
    protocol: str
    seed: int
    pairs: int
    pairs_ok: int
    pairs_judged: int
    standard_deviations: Weights
    results: list[WeightingResult]


def compare_weightings(
    dataset: Dataset, judged: Sequence[JudgedPair], *, seed: int, jobs: int, progress: Callable[[str, int], None]
) -> SimilarityStudy:
    """Compare the plain sum with equal weights, inverse standard deviations, the served weights, and fitted weights.

    Only `fitted` uses the judgements: its weights are fitted to all pairs, and its area is that of values out of fold,
    from weights that were not fitted to any pair with a movie of the pair.

    Raises:
        DataError: The dataset does not contain an OK and a NOT_OK pair, or too few pairs to keep movies apart.
    """
    pairs = pairs_in(dataset, judged)
    movies = dataset.movies
    interactions = interactions_of(dataset.ratings, Vocabulary.of(movie.movie_id for movie in movies))
    config = HybridConfig()
    spectral, _ = evaluate_pairs(Spectral(config.collaborative.spectral), interactions, movies, pairs, seed=seed)
    rating_cosines = np.nan_to_num(spectral)  # a pair without a value counts as not similar

    def values_of(weights: Weights) -> PairValues:
        return tag_cosines(movies, pairs, weights, config.content) + weights[RATINGS] * rating_cosines

    fields = (*FIELDS, EMBEDDING) if dataset.embedding_model else tuple(FIELDS)
    cosines = {field: tag_cosines(movies, pairs, {field: 1.0}, config.content) for field in fields}
    deviations = {name: float(values.std()) for name, values in (cosines | {RATINGS: rating_cosines}).items()}
    served = served_weights(config, fields)
    equal = _proportions(dict.fromkeys(deviations, 1.0))
    inverse = _proportions({name: 1 / (deviation or 1.0) for name, deviation in deviations.items()})
    about = tag_cosines(movies, pairs, _proportions({field: served[field] for field in ABOUT}), config.content)
    others = [values for field, values in cosines.items() if field not in ABOUT]
    signals = np.column_stack([about, *others, rating_cosines])
    fitted, out_of_fold = fit_out_of_fold(signals, pairs, seed=seed, jobs=jobs, progress=progress)
    served_values, _ = evaluate_pairs(Hybrid(config), interactions, movies, pairs, seed=seed)
    reference = plain_sum.plain_sum(interactions, movies, pairs)
    return SimilarityStudy(
        dataset.name,
        PROTOCOL,
        seed,
        len(pairs),
        int(pairs.ok.sum()),
        pairs.n_judged,
        deviations,
        [
            weighting_result(plain_sum.NAME, {}, reference, pairs),
            weighting_result("equal", equal, values_of(equal), pairs, reference),
            weighting_result("inverse-deviation", inverse, values_of(inverse), pairs, reference),
            weighting_result("served", served, served_values, pairs, reference),
            weighting_result("fitted", _weights_of_cosines(fitted, served), out_of_fold, pairs, reference),
        ],
    )


def served_weights(config: HybridConfig, fields: Sequence[str]) -> Weights:
    """Return the weight of each cosine in the similarities of the hybrid."""
    similar = config.similar_weights
    weights = {field: similar.content * config.content.weights[field] for field in fields}
    return _proportions(weights | {RATINGS: similar.collaborative})


def tag_cosines(
    movies: Sequence[Movie], pairs: CataloguePairs, weights: Mapping[str, float], config: ContentConfig
) -> PairValues:
    """Return the weighted sum of the cosines of the fields; a weight of the ratings is ignored."""
    fields = {field: weight for field, weight in weights.items() if field != RATINGS}
    tags, _ = tag_matrix(movies, weights=fields, vectoriser=config.vectoriser, min_movies=config.min_movies)
    return np.asarray(tags[pairs.first].multiply(tags[pairs.second]).sum(axis=1), np.float64).ravel()


def weighting_result(
    name: str, weights: Weights, values: PairValues, pairs: CataloguePairs, reference: PairValues | None = None
) -> WeightingResult:
    """Return the area of the values of the pairs, and its difference to the area of the reference."""
    area, influence = auc(values, pairs.ok), influences(values, pairs.ok)
    above = None
    if reference is not None:
        difference = area - auc(reference, pairs.ok)
        above = Difference(difference, interval_around(difference, influence - influences(reference, pairs.ok), pairs))
    return WeightingResult(name, weights, area, interval_around(area, influence, pairs), above)


def fit_out_of_fold(
    signals: Signals, pairs: CataloguePairs, *, seed: int, jobs: int, progress: Callable[[str, int], None]
) -> tuple[NDArray[np.float64], PairValues]:
    """Return weights (n_signals,) fitted to all pairs, and the mean value of each pair out of fold.

    Raises:
        DataError: For some pair, the pairs that share no movie with it are all OK, or none is.
    """
    seeds = np.random.SeedSequence(seed).spawn(REPETITIONS)
    jobs_of_seeds = [Job("partitions of the movies", partial(_partition, signals, pairs, of_job)) for of_job in seeds]
    sums, times = np.sum(run_all(jobs_of_seeds, processes=jobs, progress=progress), axis=0)
    if not times.all():
        raise DataError(f"{len(pairs)} pairs are too few, or share too many movies, to keep movies apart between folds")
    return fitted_weights(signals, pairs.ok), sums / times


def _partition(signals: Signals, pairs: CataloguePairs, seed: np.random.SeedSequence) -> NDArray[np.float64]:
    """Return, for one partition, the sum of each pair's values and how often it was measured (2, n_pairs)."""
    sums_and_times = np.zeros((2, len(pairs)))
    for training, measured in movie_folds(pairs, np.random.default_rng(seed)):
        ok = pairs.ok[training]
        if ok.any() and not ok.all():
            above_mean = signals[measured] - signals[training].mean(axis=0)  # comparable whatever the weights are
            sums_and_times[0, measured] += above_mean @ fitted_weights(signals[training], ok)
            sums_and_times[1, measured] += 1
    return sums_and_times


def movie_folds(
    pairs: CataloguePairs, rng: np.random.Generator
) -> Iterator[tuple[NDArray[np.bool_], NDArray[np.bool_]]]:
    """Divide the movies into `FOLDS` folds; yield for each the pairs to train on and the pairs to measure, (n_pairs,).

    The pairs with a movie in the fold are measured. The pairs that share no movie with any of these are trained on.
    """
    movies, places = np.unique(np.concatenate([pairs.first, pairs.second]), return_inverse=True)
    first, second = places[: len(pairs)], places[len(pairs) :]
    fold = rng.permutation(np.arange(len(movies)) % FOLDS)
    for number in range(min(FOLDS, len(movies))):
        measured = (fold[first] == number) | (fold[second] == number)
        in_measured = np.zeros(len(movies), np.bool_)
        in_measured[first[measured]] = in_measured[second[measured]] = True
        yield ~(in_measured[first] | in_measured[second]), measured


def fitted_weights(signals: Signals, ok: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the weights of a logistic regression, none below 0, in proportion: they add up to 1, or are all 0.

    The signals are divided by their standard deviations. The loss is the mean logistic loss plus `PENALTY` / 2 times
    the sum of squared weights (ridge; Hoerl & Kennard 1970), without the intercept.
    """
    deviations = signals.std(axis=0)
    scaled = np.divide(signals, deviations, where=deviations > 0, out=np.zeros_like(signals))
    signs = np.where(ok, 1.0, -1.0)

    def loss(parameters: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        weights, intercept = parameters[:-1], parameters[-1]
        margins = signs * (scaled @ weights + intercept)
        slopes = -signs / (1 + np.exp(margins)) / len(signs)
        value = np.logaddexp(0, -margins).mean() + PENALTY / 2 * (weights**2).sum()
        return float(value), np.append(scaled.T @ slopes + PENALTY * weights, slopes.sum())

    n_signals = signals.shape[1]
    bounds = [(0, None)] * n_signals + [(None, None)]
    solution = optimize.minimize(loss, np.zeros(n_signals + 1), jac=True, method="L-BFGS-B", bounds=bounds).x[:-1]
    weights = np.divide(solution, deviations, where=deviations > 0, out=np.zeros(n_signals))
    return np.asarray(weights / (weights.sum() or 1.0))


def _weights_of_cosines(fitted: NDArray[np.float64], served: Weights) -> Weights:
    """Turn weights of signals into weights of cosines: the fields of `ABOUT` keep their served proportions."""
    first, *others = fitted.tolist()
    about = _proportions({field: served[field] for field in ABOUT})
    names = [name for name in served if name not in ABOUT]
    return {field: first * share for field, share in about.items()} | dict(zip(names, others, strict=True))


def _proportions(weights: Weights) -> Weights:
    total = sum(weights.values())
    return {name: weight / total for name, weight in weights.items()}
