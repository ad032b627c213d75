from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from recsvc.datasets.collected import Collected, joined
from recsvc.datasets.dataset import Dataset, Ratings
from recsvc.engine.engine import Engine
from recsvc.registry.store import Registry
from recsvc.training import gate_in_time
from recsvc.training.config import TrainingConfig
from recsvc.training.gate_in_time import LEAST_USERS, Question, judge, question
from recsvc.training.pipeline import publish
from tests.versions import part_of_sample

GROUPS, EACH = 6, 10


def ratings(rows: list[tuple[int, int, float, int]], users: int) -> Ratings:
    """Ratings by rows of user, movie id, stars and time."""
    user, movie, stars, times = (np.array(column) for column in zip(*rows, strict=True))
    labels = tuple(map(str, range(users)))
    return Ratings(
        labels, user.astype(np.int32), movie.astype(np.int64), stars.astype(np.float32), times.astype(np.int64)
    )


def cells(of: Ratings) -> list[tuple[int, int]]:
    return sorted(zip(of.users.tolist(), of.movie_ids.tolist(), strict=True))


def test_the_question_by_hand() -> None:
    # The newest fifth of the ten after 100 are those of 190 and 200; what is as old as the first of them is later, too.
    rows = [(0, 1, 4.0, 50), *((0, 10 + place, 4.0, 110 + 10 * place) for place in range(8))]
    rows += [(1, 1, 4.0, 190), (1, 2, 4.0, 200)]
    asked = question(ratings(rows, 3), since=100)
    assert asked.cut == 189
    assert cells(asked.known) == [(0, 1), *((0, 10 + place) for place in range(8))]
    assert cells(asked.fold_in) == [*cells(asked.known), (1, 1)]
    assert cells(asked.held_out) == [(1, 2)]
    assert asked.users.tolist() == [1]
    everything = question(ratings(rows, 3), since=200)
    assert everything.cut == 200
    assert len(everything.known) == len(rows)
    assert len(everything.users) == 0


def test_one_later_rating_is_neither_folded_in_nor_asked_for() -> None:
    rows = [
        (0, 1, 4.0, 10),
        (1, 1, 4.0, 20),
        (2, 1, 4.0, 30),
        (3, 1, 4.0, 40),
        (3, 2, 4.0, 50),
        (3, 3, 4.0, 60),
        (4, 1, 4.0, 60),
    ]
    asked = question(ratings(rows, 5), since=0)
    assert asked.cut == 59
    assert len(asked.users) == 0
    assert cells(asked.fold_in) == cells(asked.known)


@pytest.fixture(scope="module")
def part() -> Dataset:
    return part_of_sample(range(1, 201), range(200), name="part")


@pytest.fixture(scope="module")
def collected(part: Dataset) -> Collected:
    """Simulated users, each of whom likes the movies of one of some drawn groups, at two times."""
    rng = np.random.default_rng(1)
    ids = rng.permutation([movie.movie_id for movie in part.movies])[: GROUPS * EACH * 2].reshape(GROUPS, -1)
    rows = []
    newest = int(part.ratings.timestamps.max())
    for user in range(LEAST_USERS):
        movies = rng.permutation(ids[user % GROUPS])[: EACH + 4].tolist()
        rows += [(user, movie, 4.5, newest + 100) for movie in movies[:EACH]]
        rows += [(user, movie, 4.5, newest + 200) for movie in movies[EACH:]]
    return Collected(ratings(rows, LEAST_USERS), tuple(f"simulated-{user}" for user in range(LEAST_USERS)))


@pytest.fixture(scope="module")
def asked(part: Dataset, collected: Collected) -> Question:
    return question(collected.ratings, int(part.ratings.timestamps.max()))


def published(folder: Path, part: Dataset, collected: Collected | None) -> Engine:
    registry = Registry(folder)
    manifest = publish(
        part, TrainingConfig(), registry, metrics={}, search=None, progress=lambda _step: None, collected=collected
    )
    return Engine(registry.open(manifest.version))


@pytest.fixture(scope="module")
def base(part: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """A version that knows nothing of the simulated users."""
    return published(tmp_path_factory.mktemp("base"), part, None)


@pytest.fixture(scope="module")
def better(part: Dataset, collected: Collected, asked: Question, tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """A version that was trained on what is known up to the cut."""
    return published(tmp_path_factory.mktemp("better"), part, replace(collected, ratings=asked.known))


def test_what_learns_from_users_passes_and_is_told_by_how_much(part: Dataset, asked: Question, base: Engine) -> None:
    verdict = judge(part, asked, TrainingConfig(), base, None)
    assert verdict.passed, verdict.reason
    figures = verdict.metrics
    assert figures["users"] == LEAST_USERS
    assert figures["hybrid"]["ndcg@10"] > 1.2 * figures["serving"]["ndcg@10"]
    low, mean, high = (figures["serving"][name] for name in ("gain_low", "gain", "gain_high"))
    assert 0 < low < mean < high
    assert mean == pytest.approx(figures["hybrid"]["ndcg@10"] - figures["serving"]["ndcg@10"])
    assert "first" not in figures
    assert "star_rmse" not in figures["popular"]
    assert figures["decision"] == verdict.reason


def test_what_was_trained_on_spoilt_ratings_is_refused(
    part: Dataset, asked: Question, base: Engine, better: Engine
) -> None:
    """The movies of all that is known up to the cut are shuffled, and the serving version knows the true ones."""
    rng = np.random.default_rng(2)
    spoilt = replace(asked, known=replace(asked.known, movie_ids=rng.permutation(asked.known.movie_ids)))
    verdict = judge(part, spoilt, TrainingConfig(), better, base)
    assert not verdict.passed
    assert "against the version that serves it is -" in verdict.reason
    assert verdict.metrics["serving"]["gain_high"] < 0
    same = judge(part, asked, TrainingConfig(), better, base)
    assert same.passed
    assert same.metrics["serving"]["gain"] == 0
    assert same.metrics["first"]["gain_low"] > 0


def test_what_was_trained_on_shuffled_stars_is_refused(part: Dataset, tmp_path: Path) -> None:
    """Simulated users rate movies that they like and as many that they do not; their lists depend little on stars."""
    rng = np.random.default_rng(1)
    ids = rng.permutation([movie.movie_id for movie in part.movies])[:120].reshape(GROUPS, -1)
    newest, rows = int(part.ratings.timestamps.max()), []
    for user in range(LEAST_USERS):
        liked, not_liked = (rng.permutation(ids[(user + shift) % GROUPS])[:12].tolist() for shift in (0, 1))
        for at, pair in enumerate(zip(liked, not_liked, strict=True)):
            time = newest + (100 if at < 9 else 200)
            rows += [(user, movie, stars, time) for movie, stars in zip(pair, (5.0, 1.0), strict=True)]
    said = Collected(ratings(rows, LEAST_USERS), tuple(f"simulated-{user}" for user in range(LEAST_USERS)))
    told = question(said.ratings, newest)
    serving = published(tmp_path, part, replace(said, ratings=told.known))
    honest = judge(part, told, TrainingConfig(), serving, None)
    assert honest.passed, honest.reason
    shuffled = [replace(one, stars=rng.permutation(one.stars)) for one in (part.ratings, told.known)]
    spoilt = judge(
        replace(part, ratings=shuffled[0]), replace(told, known=shuffled[1]), TrainingConfig(), serving, None
    )
    assert not spoilt.passed
    assert "the predicted stars are" in spoilt.reason


def test_one_that_serves_worse_than_the_first_version_does_not_follow(
    part: Dataset, asked: Question, base: Engine, better: Engine
) -> None:
    rng = np.random.default_rng(2)
    spoilt = replace(asked, known=replace(asked.known, movie_ids=rng.permutation(asked.known.movie_ids)))
    verdict = judge(part, spoilt, TrainingConfig(), base, better)
    assert not verdict.passed
    assert "against the first version it is -" in verdict.reason


def test_a_catalogue_that_shrank_is_refused(part: Dataset, asked: Question, base: Engine) -> None:
    rated = {*joined(part.ratings, asked.known).movie_ids.tolist()}
    kept = tuple(movie for movie in part.movies if movie.movie_id in rated)[:150]
    ids = {movie.movie_id for movie in kept}
    inside = [np.isin(one.movie_ids, [*ids]) for one in (part.ratings, asked.known)]
    smaller = replace(part, movies=kept, ratings=part.ratings.take(inside[0]))
    verdict = judge(smaller, replace(asked, known=asked.known.take(inside[1])), TrainingConfig(), base, None)
    assert not verdict.passed
    assert "the catalogue has 150 movies, and had 200" in verdict.reason


@pytest.mark.parametrize(
    ("bound", "value", "reason"),
    [
        ("LEAST_COVERAGE", 1000.0, "of the catalogue, and had"),
        ("MOST_LIFT", 0.0, "the popularity lift is"),
        ("MOST_STAR_ERROR", 0.0, "the predicted stars are"),
    ],
)
def test_each_check_is_told(
    monkeypatch: pytest.MonkeyPatch, part: Dataset, asked: Question, base: Engine, bound: str, value: float, reason: str
) -> None:
    monkeypatch.setattr(gate_in_time, bound, value)
    verdict = judge(part, asked, TrainingConfig(), base, None)
    assert not verdict.passed
    assert reason in verdict.reason


def test_a_version_without_ratings_did_not_know_what_is_popular(
    monkeypatch: pytest.MonkeyPatch, part: Dataset, asked: Question, tmp_path: Path
) -> None:
    movies = tuple(replace(movie, vote_average=6.0, vote_count=100) for movie in part.movies)
    alone = replace(part, movies=movies, ratings=part.ratings.take(np.zeros(len(part.ratings), np.bool_)))
    monkeypatch.setattr(gate_in_time, "MOST_LIFT", 0.0)
    verdict = judge(alone, asked, TrainingConfig(), published(tmp_path, alone, None), None)
    assert verdict.passed, verdict.reason
    assert verdict.metrics["serving"]["gain_low"] > 0


def test_with_too_few_users_to_ask_nothing_passes(part: Dataset, collected: Collected, base: Engine) -> None:
    fewer = collected.ratings.take(collected.ratings.users < LEAST_USERS - 1)
    asked = question(fewer, int(part.ratings.timestamps.max()))
    verdict = judge(part, asked, TrainingConfig(), base, None)
    assert not verdict.passed
    assert verdict.reason == f"{LEAST_USERS - 1} users said something to test on, of {LEAST_USERS} that are needed"
