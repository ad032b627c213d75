"""What holds without HTTP; the rest is asked over it in tests/api."""

from __future__ import annotations

import errno
import gc
import os
import re
import shutil
import weakref
from pathlib import Path

import numpy as np
import pytest

from recsvc.engine.engine import UNKNOWN_USER, Engine
from recsvc.engine.query import Filters, Query
from recsvc.errors import InvalidInputError, NotFoundError, NotReadyError, OutdatedVersionError, ReadOnlyUserError
from recsvc.registry.store import Registry
from recsvc.types import FeedbackKind
from recsvc.usecases.deployment import DeploymentManager
from recsvc.usecases.models import promote
from recsvc.usecases.movies import movie_by_title, movie_row, onboarding_movies, search
from recsvc.usecases.recommendations import GivenFeedback, parse_ratings, recommend_from
from recsvc.usecases.users import check_writable, profile_of
from tests.versions import publish_again

COUNTS_AS = {"liked": 4.5, "disliked": 1.5}
RATING = FeedbackKind.RATING


@pytest.fixture(scope="module")
def engine(sample_artifacts: Path) -> Engine:
    registry = Registry(sample_artifacts)
    return Engine(registry.open(registry.production()))


def test_feedback_becomes_a_taste_and_what_is_hidden(engine: Engine) -> None:
    kinds = ["rating", "rating", "liked", "disliked", "seen", "not_interested", "rating"]
    stars = [5.0, 2.0, None, None, None, None, 5.0]
    profile = profile_of(engine, [888_888, 1, 2, 3, 4, 5, 999_999], kinds, stars, COUNTS_AS)
    assert profile.taste.rows.tolist() == [0, 1, 2]
    assert profile.taste.stars.tolist() == [2, 4.5, 1.5]
    assert profile.taste.stars.dtype == np.float32
    assert profile.hidden.tolist() == [3, 4]


@pytest.mark.parametrize("kinds", [["rating", "rating"], ["rating", "liked"]])
def test_a_profile_is_in_the_types_of_a_taste(engine: Engine, kinds: list[str]) -> None:
    stars = [4.0 if kind == "rating" else None for kind in kinds]
    profile = profile_of(engine, [1, 2], kinds, stars, COUNTS_AS)
    arrays = (profile.taste.rows, profile.taste.stars, profile.hidden)
    assert [array.dtype for array in arrays] == [np.int32, np.float32, np.int32]


def test_someone_whose_movies_all_left_the_catalogue_is_an_unknown_user(engine: Engine) -> None:
    assert profile_of(engine, [999_999], ["rating"], [4.0], COUNTS_AS) is UNKNOWN_USER
    assert profile_of(engine, [], [], [], COUNTS_AS) is UNKNOWN_USER


@pytest.mark.parametrize(
    "user_id", ["sample:1", "sample:", "ml-1m:1", "ml-1m:x:y", "mine:777", "shop:1", ":", "Anon:1"]
)
def test_who_cannot_be_changed(user_id: str) -> None:
    with pytest.raises(ReadOnlyUserError):
        check_writable(user_id)


@pytest.mark.parametrize("user_id", ["sample", "ada", "ml-100k", "anon:0", "anon:", "auth0|7", "a@b.c"])
def test_who_can_be_changed(user_id: str) -> None:
    check_writable(user_id)


def test_movies_by_title(engine: Engine) -> None:
    alien = movie_by_title(engine, "Alien")
    assert movie_by_title(engine, "alien (1979)") == alien
    for text in ("Alien (1986)", "Alein", "", "xyzzyqwk"):
        with pytest.raises(InvalidInputError, match="no movie has the title"):
            movie_by_title(engine, text)


def test_movie_rows(engine: Engine) -> None:
    assert movie_row(engine, 1) == 0
    for movie_id in (0, -1, 501, 10**30):
        with pytest.raises(NotFoundError):
            movie_row(engine, movie_id)


def test_ratings_as_text(engine: Engine) -> None:
    alien, aliens = (movie_by_title(engine, title).movie_id for title in ("Alien", "Aliens"))
    for text in ("Alien=5,Aliens=4.5", "Alien = 5 , Aliens =4.50", "Alien (1979)=5.0,Aliens=4.5,"):
        assert parse_ratings(engine, text) == [(alien, RATING, 5), (aliens, RATING, 4.5)]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("Alien", "'Alien' does not have the form 'Alien=5,Aliens=4.5'"),
        ("", "'' does not have the form 'Alien=5,Aliens=4.5'"),
        ("Alien=5.5", "Alien=5.5: stars are 0.5-5 in halves"),
        ("Alien=0", "Alien=0: stars are 0.5-5 in halves"),
        ("Alien=4,Aliens=4.2", "Aliens=4.2: stars are 0.5-5 in halves"),
    ],
)
def test_ratings_that_cannot_be_read(engine: Engine, text: str, why: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        parse_ratings(engine, text)
    assert caught.value.fields == ((("ratings",), why),)
    assert str(caught.value) == why


def test_the_order_of_given_feedback_does_not_matter(engine: Engine) -> None:
    given = [GivenFeedback(movie_id, RATING, movie_id % 10 / 2 + 0.5) for movie_id in range(1, 60)]
    answers = [recommend_from(engine, COUNTS_AS, order, Query(k=50)) for order in (given, given[::-1])]
    assert answers[0] == answers[1]


def test_well_known_movies(engine: Engine) -> None:
    assert onboarding_movies(engine, 15, 7) == onboarding_movies(engine, 15, 7)
    assert len({movie.movie_id for movie in onboarding_movies(engine, 50, None)}) == 50


def test_serving_follows_the_alias(sample_artifacts: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(sample_artifacts, tmp_path / "artifacts"))
    manager = DeploymentManager(Registry(folder))
    with pytest.raises(NotReadyError, match="no version has been loaded yet"):
        manager.deployment()
    assert manager.refresh() is True
    first = manager.deployment().production
    assert manager.refresh() is False
    assert manager.deployment().production is first
    second = publish_again(folder).version
    manager.promote(second, who="tests", why="")
    assert manager.deployment().production.manifest.version == second
    assert first.recommend(UNKNOWN_USER, Query()).items  # what a request has taken goes on answering
    manager.roll_back(who="tests", why="")
    assert manager.deployment().production.manifest.version == first.manifest.version


def test_a_version_that_does_not_serve_any_more_is_let_go(sample_artifacts: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(sample_artifacts, tmp_path / "artifacts"))
    manager = DeploymentManager(Registry(folder))
    manager.refresh()
    manager.promote(publish_again(folder).version, who="tests", why="")
    second = weakref.ref(manager.deployment().production)
    manager.roll_back(who="tests", why="")
    gc.collect()
    assert second() is None


def test_a_registry_that_cannot_be_read_says_why(
    sample_artifacts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = Registry(tmp_path)

    def fail() -> str:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(registry, "production", fail)
    manager = DeploymentManager(registry)
    assert manager.refresh() is False
    with pytest.raises(NotReadyError, match=f"^{re.escape(str(tmp_path))} cannot be read: Input/output error$"):
        manager.deployment()


def test_serving_from_nothing(tmp_path: Path) -> None:
    manager = DeploymentManager(Registry(tmp_path))
    assert manager.refresh() is False
    with pytest.raises(NotReadyError, match="no version is in production"):
        manager.deployment()


def test_what_cannot_serve_is_not_promoted(sample_artifacts: Path, tmp_path: Path) -> None:
    """Its hashes are right, and yet it lacks a part that an answer needs."""
    folder = Path(shutil.copytree(sample_artifacts, tmp_path / "artifacts"))
    registry = Registry(folder)
    before = registry.production()
    partial = publish_again(folder, without="stars").version
    registry.verify(partial)
    with pytest.raises(OutdatedVersionError, match="stars"):
        promote(registry, partial, who="tests", why="")
    assert registry.production() == before


def test_the_last_page_of_a_search_has_no_next_one(engine: Engine) -> None:
    found = len(engine.search("man", Filters()))
    assert 2 < found < 100
    pages = ((found, 0, None), (found - 1, 0, found - 1), (1, found - 1, None), (1, found - 2, found - 1))
    for k, offset, expected in pages:
        listed, next_offset = search(engine, "man", Filters(), k=k, offset=offset)
        assert (len(listed), next_offset) == (k, expected)
