"""Every protocol on real data: MovieLens 100K, and ml-latest-small with the data of TMDB."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from recsvc.datasets.dataset import Dataset
from recsvc.datasets.load import with_tmdb
from recsvc.datasets.movielens import read_movielens
from recsvc.evaluation.parallel import no_progress
from recsvc.evaluation.protocols.judged_pairs import find_pairs, read_pairs
from recsvc.evaluation.protocols.ranking_protocols import PROTOCOLS, RankingResult
from recsvc.evaluation.runs import measure_similarity, predict_stars, ranking
from recsvc.features.vocabulary import Vocabulary
from recsvc.models.content import Content
from recsvc.models.contract import Model
from recsvc.models.hybrid import Hybrid
from recsvc.models.popularity import Popularity
from recsvc.models.svd import Svd
from recsvc.research import similarity_weights
from recsvc.research.plain_sum import NAME, plain_sum
from recsvc.research.similarity_weights import compare_weightings
from tests.requirements import need


@pytest.fixture(scope="module")
def folder(data_dir: Path) -> Path:
    need("datasets", (data_dir / "ml-100k").is_dir(), "there is no ml-100k in RECSVC_DATA_DIR")
    return data_dir / "ml-100k"


@pytest.fixture(scope="module")
def ml_100k(folder: Path) -> Dataset:
    return read_movielens(folder)


@pytest.fixture(scope="module")
def with_texts(data_dir: Path) -> Dataset:
    folders = [data_dir / name for name in ("ml-latest-small", "tmdb-5000", "more-like-this")]
    need("datasets", all(folder.is_dir() for folder in folders), "there are no texts and pairs in RECSVC_DATA_DIR")
    return with_tmdb(read_movielens(folders[0]), folders[1])


def first_seed(protocol: str, dataset: Dataset, *models: Model) -> dict[str, RankingResult]:
    results = ranking(PROTOCOLS[protocol], dataset, {model.kind: model for model in models}).result()
    return {name: of_seeds[0] for name, of_seeds in results.items()}


@pytest.mark.parametrize(
    ("protocol", "users", "times"), [("ms-recommenders", 943, 2), ("temporal", 301, 1), ("new-users", 189, 2)]
)
def test_the_hybrid_finds_more_than_the_popular_movies(
    ml_100k: Dataset, protocol: str, users: int, times: float
) -> None:
    results = first_seed(protocol, ml_100k, Hybrid(), Popularity())
    hybrid, popularity = results["hybrid"], results["popularity"]
    assert hybrid.users == popularity.users == users
    # two of three users of `temporal` are unknown users and get the same list, so that liked movies differ little
    least_liked = 0.9 if protocol == "temporal" else 1.0
    for metrics, popular, least in (
        (hybrid.metrics, popularity.metrics, 1.0),
        (hybrid.metrics_liked, popularity.metrics_liked, least_liked),
    ):
        assert metrics["ndcg@10"] > times * popular["ndcg@10"]
        for name, value in metrics.items():
            assert 0 < least * popular[name] < value < 1
    for result in results.values():
        for name, (low, high) in result.intervals.items():
            assert low < result.metrics[name] < high
            assert high - low < 0.15
    # other movies than the popular ones, and more of them
    assert hybrid.beyond["coverage@10"] > 3 * popularity.beyond["coverage@10"]
    assert hybrid.beyond["popularity_lift"] < popularity.beyond["popularity_lift"]
    assert hybrid.beyond["novelty"] > popularity.beyond["novelty"]


def test_new_movies_are_found_at_least_as_well_as_by_content_alone(ml_100k: Dataset, with_texts: Dataset) -> None:
    for dataset in (ml_100k, with_texts):
        results = first_seed("new-movies", dataset, Hybrid(), Content())
        hybrid, content = results["hybrid"], results["content"]
        assert hybrid.metrics["ndcg@10"] > (1.5 if dataset is with_texts else 1.1) * content.metrics["ndcg@10"]
        task = PROTOCOLS["new-movies"].task(dataset, _vocabulary(dataset), 42)
        # ten movies drawn from the candidates have as many hits as movies are relevant among them
        by_chance = float(np.mean(np.diff(task.held_out.starts)[task.users])) / task.n_candidates
        assert hybrid.metrics["precision@10"] > 1.5 * by_chance
        assert hybrid.users > 0.9 * len(dataset.ratings.user_labels)


def _vocabulary(dataset: Dataset) -> Vocabulary:
    return Vocabulary.of(movie.movie_id for movie in dataset.movies)


def test_stars_on_the_official_folds(ml_100k: Dataset, folder: Path, full: bool) -> None:
    results, official = predict_stars(ml_100k, {"svd": Svd()}, folder=folder, seeds=(42, 43) if full else (42,))
    assert official
    svd, *others = results["svd"]
    for again in others:  # one split, other initial factors
        assert svd.metrics["rmse"] == pytest.approx(again.metrics["rmse"], abs=0.002)
        assert svd.metrics["rmse"] != again.metrics["rmse"]
    assert svd.metrics["rmse"] < 0.93
    assert svd.metrics["mae"] < 0.735
    assert (svd.users, svd.ratings, svd.not_predicted) == (943, 100_000, 167)
    assert [round(fold["rmse"], 1) for fold in svd.per_fold] == [0.9] * 5


def test_content_agrees_with_what_users_judged_similar(with_texts: Dataset, data_dir: Path) -> None:
    judged = read_pairs(data_dir / "more-like-this" / "pairs.tsv")
    pairs = find_pairs(judged, with_texts.movies)
    assert (pairs.n_judged, len(pairs), int(pairs.ok.sum())) == (484, 303, 181)
    titles = {with_texts.movies[row].title for row in pairs.first.tolist()}
    assert "American Pie" in titles
    reference, content = measure_similarity(with_texts, judged, {"content": Content()}, references={NAME: plain_sum})
    assert 0.65 < reference.auc < 0.75
    assert content.auc > 0.7
    assert content.interval.low < content.auc < content.interval.high


def test_similarity_weights_carry_over_to_movies_without_judged_pairs(
    with_texts: Dataset, data_dir: Path, full: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With fewer partitions the value of a pair is a mean over fewer, and the bounds are the same."""
    if not full:
        monkeypatch.setattr(similarity_weights, "REPETITIONS", 12)
    judged = read_pairs(data_dir / "more-like-this" / "pairs.tsv")
    study = compare_weightings(with_texts, judged, seed=42, jobs=1, progress=no_progress)
    results = {result.name: result for result in study.results}
    assert 0.65 < results["plain-sum"].auc < 0.75
    assert results["served"].auc > 0.785
    assert results["fitted"].auc > 0.765
    for name in ("equal", "inverse-deviation", "served", "fitted"):
        above = results[name].above
        assert above is not None
        assert above.interval.low > 0
