"""The TMDB 5000 tables without a rating anywhere: from training to a personal list."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from starlette.testclient import TestClient

from recsvc.datasets.dataset import Dataset
from recsvc.datasets.load import read_dataset, with_tmdb
from recsvc.datasets.split import stratified_by_movie
from recsvc.evaluation.metrics.accuracy import summarise
from recsvc.evaluation.protocols.ranked_lists import make_lists
from recsvc.features.interactions import Interactions, interactions_of
from recsvc.features.vocabulary import Vocabulary
from recsvc.models.popularity import Popularity, PopularityConfig
from recsvc.registry.store import Registry
from recsvc.training.config import TrainingConfig
from recsvc.training.pipeline import Trained, publish_trained
from tests.api.asking import Json, answer, ids, movie, rate, recommended, serving
from tests.requirements import need

BEST = {
    "The Shawshank Redemption": 8.0593,
    "Fight Club": 7.9393,
    "The Dark Knight": 7.9200,
    "Pulp Fiction": 7.9046,
    "Inception": 7.8632,
    "The Godfather": 7.8512,
    "Interstellar": 7.8095,
    "Forrest Gump": 7.8032,
    "The Lord of the Rings: The Return of the King": 7.7272,
    "The Empire Strikes Back": 7.6979,
}
"""By `v / (v + m) * R + m / (v + m) * C`, computed from the table with pandas: C = 6.0922, m = 1838.4."""


@pytest.fixture(scope="module")
def dataset(data_dir: Path) -> Dataset:
    need("datasets", (data_dir / "tmdb-5000").is_dir(), "there is no tmdb-5000 in RECSVC_DATA_DIR")
    return read_dataset("tmdb-5000", data_dir)


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    return Registry(tmp_path_factory.mktemp("alone") / "artifacts")


@pytest.fixture(scope="module")
def trained(dataset: Dataset, registry: Registry) -> Trained:
    return publish_trained(dataset, TrainingConfig(), registry, promote=True, who="tests", progress=lambda _step: None)


@pytest.fixture(scope="module")
def client(trained: Trained, registry: Registry, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with serving(registry.folder, f"sqlite:///{tmp_path_factory.mktemp('alone')}/recsvc.db") as client:
        yield client


def titles(listed: Json) -> list[str]:
    return [item["movie"]["title"] for item in listed["items"]]


def test_it_is_published_and_serves_and_says_that_nothing_was_tested(trained: Trained) -> None:
    assert trained.promoted
    assert trained.verdict.reason == "without ratings there was nothing to test on"
    assert (trained.manifest.dataset.ratings, trained.manifest.dataset.users) == (0, 0)
    assert trained.manifest.metrics == {}


def test_unknown_users_get_the_best_by_votes(client: TestClient) -> None:
    listed = recommended(client)
    assert listed["strategy"] == "popular"
    found = dict(zip(titles(listed), (item["score"] for item in listed["items"]), strict=True))
    assert list(found) == list(BEST)
    assert list(found.values()) == pytest.approx(list(BEST.values()), abs=5e-5)


def test_rating_movies_gives_a_personal_list_with_exact_reasons(client: TestClient) -> None:
    rated = {movie(client, title): title for title in ("Alien", "Aliens", "Blade Runner")}
    for movie_id in rated:
        rate(client, "ada", movie_id, 5)
    listed = recommended(client, "ada", k=20)
    assert listed["strategy"] == "hybrid"
    assert set(ids(listed)).isdisjoint(rated)
    assert {reason["title"] for item in listed["items"] for reason in item["because"]} == set(rated.values())
    for item in listed["items"]:
        assert item["predicted_rating"] is None
        parts = [item["baseline"], item["other"], *(reason["contribution"] for reason in item["because"])]
        assert sum(parts) == pytest.approx(item["score"], abs=1e-4)
    content = recommended(client, "ada", k=20, strategy="content")
    assert content["strategy"] == "content"
    assert {"Alien\u00b3", "Alien: Resurrection", "Prometheus"} & set(titles(content))
    genres = [set(item["movie"]["genres"]) for item in listed["items"]]
    assert np.mean(["Sci-Fi" in names for names in genres]) >= 0.5
    assert recommended(client, "ada", strategy="collaborative")["strategy"] == "popular"


def test_a_movie_has_everything_that_the_tables_say(client: TestClient) -> None:
    found = answer(client.get("/movies/19995"))
    told = {
        "title": "Avatar",
        "vote_average": 7.2,
        "vote_count": 11800,
        "runtime": 162,
        "original_language": "en",
        "release_date": "2009-12-10",
        "backdrop_url": None,
        "budget": 237_000_000,
        "revenue": 2_787_965_087,
        "rating_count": 0,
        "mean_rating": None,
        "popularity": 7.051,
    }
    assert {name: found[name] for name in told} == told


def test_movies_are_found_and_compared(client: TestClient) -> None:
    first = answer(client.get("/movies/onboarding", params={"seed": 1}))["items"]
    assert len(first) == 15
    famous = answer(client.get("/movies", params={"k": 3}))["items"]
    assert [one["title"] for one in famous] == ["Inception", "The Dark Knight", "Avatar"]  # the most votes
    alike = titles(answer(client.get(f"/similar/{movie(client, 'The Dark Knight')}")))
    assert "The Dark Knight Rises" in alike
    assert answer(client.get(f"/similar/{movie(client, 'Alien')}", params={"by": "collaborative"}))["items"] == []


@pytest.mark.parametrize(("share", "draws", "gain"), [(0.01, 4, 0.02), (1.0, 1, -0.002)])
def test_votes_help_unknown_users_where_ratings_are_few(data_dir: Path, share: float, draws: int, gain: float) -> None:
    """NDCG@10 of the popular list on a quarter of the ratings, from a share of the others, and with votes beside it."""
    need("datasets", (data_dir / "ml-latest-small").is_dir(), "there is no ml-latest-small in RECSVC_DATA_DIR")
    dataset = with_tmdb(read_dataset("ml-latest-small", data_dir), data_dir / "tmdb-5000")
    vocabulary = Vocabulary.of(movie.movie_id for movie in dataset.movies)
    train_ratings, held_out_ratings = stratified_by_movie(dataset.ratings, test_share=0.25, seed=42)
    fold_in, held_out = (interactions_of(ratings, vocabulary) for ratings in (train_ratings, held_out_ratings))

    def ndcg(known: Interactions, vote_ratings: float) -> float:
        config = PopularityConfig(vote_ratings=vote_ratings)
        model = Popularity(config).fit(known, dataset.movies, rng=np.random.default_rng(1))
        return summarise(*make_lists(model, fold_in, held_out, k=10, fallback=model).hits(held_out))["ndcg@10"]

    gains = []
    for seed in range(draws):
        drawn = np.random.default_rng(seed).random(len(train_ratings)) < share
        known = interactions_of(train_ratings.take(drawn), vocabulary)
        gains.append(ndcg(known, PopularityConfig().vote_ratings) - ndcg(known, 0.0))
    assert np.mean(gains) > gain
