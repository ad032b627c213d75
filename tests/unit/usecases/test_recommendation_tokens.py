"""Recommendation tokens: what is issued is read again, and nothing else is accepted."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from string import ascii_letters, digits

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsvc.engine.query import LAST_OFFSET, MAX_K
from recsvc.engine.strategies import CODES, SERVED, Strategy
from recsvc.errors import CatalogueMismatchError, InvalidInputError
from recsvc.types import Attribution
from recsvc.usecases.recommendation_tokens import FIELD, RecommendationTokens
from tests.databases import CATALOGUE

KEY = bytes(range(32))
DAY = 86_400.0
NOON = 20_000 * DAY + DAY / 2
ALPHABET = ascii_letters + digits + "-_"
VERSION = "20261120T101500Z-1f3a9c2e"

names = st.text(st.sampled_from(ascii_letters + digits + "._:-"), min_size=1, max_size=128)
movies = st.lists(st.integers(1, 2**53 - 1), max_size=MAX_K, unique=True)


def tokens_at(now: float, *, key: bytes = KEY, days: int = 30) -> RecommendationTokens:
    return RecommendationTokens(key, days=days, clock=lambda: now)


def made(movie_ids: Sequence[int] = (5, 7, 9), *, user_id: str | None = "ann", now: float = NOON) -> str:
    return tokens_at(now).issue(CATALOGUE, VERSION, Strategy.HYBRID, user_id, 1, movie_ids)


def refused(text: str, user_id: str = "ann", movie_id: int = 7, *, tokens: RecommendationTokens | None = None) -> str:
    with pytest.raises(InvalidInputError) as caught:
        (tokens or tokens_at(NOON)).attribution(text, CATALOGUE, user_id, movie_id)
    assert caught.value.field == FIELD == ("recommendation_id",)
    return str(caught.value)


@given(
    version=st.text(st.sampled_from(ascii_letters + digits + "-"), min_size=1, max_size=40),
    strategy=st.sampled_from(Strategy),
    user_id=names | st.none(),
    offset=st.integers(0, LAST_OFFSET),
    movie_ids=movies,
    asker=names,
    key=st.binary(min_size=32, max_size=64),
)
@settings(deadline=None)
def test_what_is_issued_is_read_again(
    version: str, strategy: Strategy, user_id: str | None, offset: int, movie_ids: list[int], asker: str, key: bytes
) -> None:
    one, other = tokens_at(NOON, key=key), tokens_at(NOON, key=key)
    text = one.issue(CATALOGUE, version, strategy, user_id, offset + 1, movie_ids)
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,4096}", text)
    assert other.issue(CATALOGUE, version, strategy, user_id, offset + 1, movie_ids) == text
    for place, movie_id in enumerate(movie_ids):
        found = other.attribution(text, CATALOGUE, asker if user_id is None else user_id, movie_id)
        expected = Attribution(version, strategy.value, offset + 1 + place)
        assert found == (None if user_id is None else expected)
    for other_id in {1, 2**53 - 1, *(movie_id ^ 1 for movie_id in movie_ids)} - {0, *movie_ids}:
        assert str(other_id) in refused(text, user_id or asker, other_id, tokens=other)
    if user_id not in (None, asker) and movie_ids:
        assert "another user" in refused(text, asker, movie_ids[0], tokens=other)


@pytest.mark.parametrize(
    ("token", "strategy", "user_id", "first_rank", "movie_ids"),
    [
        (
            (
                "AiBOAwsAAADvCnPYU6GHR-AKc_gdrWfhGTIwMjYxMTIwVDEwMTUwMFotMWYzYTljMmUBAAAAAAAAAAQBAAAAAAAA________HwBd"
                "kDYZN5Xq1N6z0__6LDPa"
            ),
            Strategy.CONTENT,
            "ada",
            11,
            [1, 260, 2**53 - 1],
        ),
        (
            "AiBOBAEAAAAAAAAAAAAAAOAKc_gdrWfhGTIwMjYxMTIwVDEwMTUwMFotMWYzYTljMmU-AQAAAAAAAILuufykoO9Eb_Slj7acth4",
            Strategy.POPULAR,
            None,
            1,
            [318],
        ),
    ],
)
def test_tokens_of_released_versions_stay_valid(
    token: str, strategy: Strategy, user_id: str | None, first_rank: int, movie_ids: list[int]
) -> None:
    """These were issued when a token first said of which catalogue it is."""
    tokens = tokens_at(20_000 * DAY)
    assert tokens.issue(CATALOGUE, VERSION, strategy, user_id, first_rank, movie_ids) == token
    for place, movie_id in enumerate(movie_ids):
        found = tokens.attribution(token, CATALOGUE, user_id or "anyone", movie_id)
        assert found == (None if user_id is None else Attribution(VERSION, strategy.value, first_rank + place))


def test_every_strategy_has_a_code_of_its_own_that_never_changes() -> None:
    assert {strategy.value: code for strategy, code in CODES.items()} == {
        "auto": 0,
        "hybrid": 1,
        "collaborative": 2,
        "content": 3,
        "popular": 4,
    }
    assert CODES.keys() == set(Strategy)
    assert len({served.code for served in SERVED}) == len(SERVED)


def test_a_token_of_another_format_is_not_read() -> None:
    """Its MAC is right, as that of another release with the same key would be."""
    tokens = tokens_at(NOON)
    content = base64.urlsafe_b64decode(made() + "=" * (-len(made()) % 4))
    payload = bytes([3]) + content[1:-16]
    token = base64.urlsafe_b64encode(payload + tokens._mac(payload)).rstrip(b"=").decode()
    assert "another release" in refused(token)


def test_an_id_of_the_longest_page_at_the_last_offset() -> None:
    last = list(range(2**53 - MAX_K, 2**53))
    text = tokens_at(NOON).issue(CATALOGUE, VERSION, Strategy.COLLABORATIVE, "a" * 128, LAST_OFFSET + 1, last)
    assert len(text) < 2000
    found = tokens_at(NOON).attribution(text, CATALOGUE, "a" * 128, last[-1])
    assert found == Attribution(VERSION, "collaborative", LAST_OFFSET + MAX_K)


@pytest.mark.parametrize("count", [0, 1, 2, 3, 10])
def test_no_character_can_be_changed(count: int) -> None:
    """Of pages of different lengths, since the last character of base64 may hold bits that mean nothing."""
    text = made(range(1, count + 1))
    for at, character in enumerate(text):
        others = ALPHABET if at == len(text) - 1 else ALPHABET[ALPHABET.index(character) - 1]
        for other in set(others) - {character}:
            changed = text[:at] + other + text[at + 1 :]
            assert "not made by this service" in refused(changed, movie_id=1), (at, other)


@pytest.mark.parametrize("change", [
    lambda text: "", lambda text: text[:-1], lambda text: text[1:], lambda text: text + "A", lambda text: text + "AAAA",
    lambda text: text + "=", lambda text: text + "==", lambda text: text + "\n", lambda text: text * 2,
    lambda text: "x", lambda text: "A" * 22, lambda text: "A" * 4096, lambda text: "é" * 8, lambda text: f" {text}",
])  # fmt: skip
@pytest.mark.parametrize("count", [1, 2, 3])
def test_nothing_can_be_added_or_left_out(change: object, count: int) -> None:
    assert callable(change)
    assert "not made by this service" in refused(change(made(range(1, count + 1))), movie_id=1)


@given(text=st.text(st.sampled_from(ALPHABET), max_size=200) | st.text(max_size=50))
@settings(deadline=None)
def test_any_text_is_refused_as_one_line(text: str) -> None:
    assert "\n" not in refused(text)


def test_what_another_key_made_is_refused() -> None:
    assert "not made by this service" in refused(made(), tokens=tokens_at(NOON, key=bytes(32)))


@pytest.mark.parametrize("days", [1, 30, 3650])
def test_an_id_is_valid_for_so_many_days(days: int) -> None:
    text = made()
    for now in (NOON, NOON + days * DAY, NOON + days * DAY + DAY / 2 - 1):
        assert tokens_at(now, days=days).attribution(text, CATALOGUE, "ann", 7) == Attribution(VERSION, "hybrid", 2)
    for now in (NOON + days * DAY + DAY / 2, NOON + 2 * days * DAY + DAY, NOON + 40_000 * DAY):
        assert f"expired: it was valid for {days} days" in refused(text, tokens=tokens_at(now, days=days))


def test_a_clock_may_be_a_day_behind_that_of_the_replica_that_made_it() -> None:
    text = made()
    assert tokens_at(NOON - DAY).attribution(text, CATALOGUE, "ann", 7) == Attribution(VERSION, "hybrid", 2)
    assert "expired" in refused(text, tokens=tokens_at(NOON - 2 * DAY))


def test_an_id_depends_on_all_that_it_says_and_on_the_day_alone() -> None:
    text = made()
    assert made(now=NOON - DAY / 2) == made(now=NOON + DAY / 2 - 1) == text
    different = {
        text,
        made(now=NOON + DAY),
        made(user_id="bob"),
        made(user_id=None),
        made((5, 9, 7)),
        made((5, 7)),
        tokens_at(NOON).issue(CATALOGUE, VERSION, Strategy.CONTENT, "ann", 1, (5, 7, 9)),
        tokens_at(NOON).issue(CATALOGUE, VERSION, Strategy.HYBRID, "ann", 2, (5, 7, 9)),
        tokens_at(NOON).issue(CATALOGUE, VERSION[:-1] + "f", Strategy.HYBRID, "ann", 1, (5, 7, 9)),
        tokens_at(NOON, key=bytes(32)).issue(CATALOGUE, VERSION, Strategy.HYBRID, "ann", 1, (5, 7, 9)),
    }
    assert len(different) == 10


def test_it_does_not_say_whom_it_is_for() -> None:
    text = made(user_id="ann-and-a-name-to-look-for")
    assert b"ann" not in base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def test_a_token_names_its_user_exactly() -> None:
    for other in ("Ann", "ann ", "ann:", "an", ""):
        assert "another user" in refused(made(), other)
    for anyone in ("ann", "Ann", "anon:0"):
        assert tokens_at(NOON).attribution(made(user_id=None), CATALOGUE, anyone, 7) is None


def test_a_token_is_of_one_catalogue() -> None:
    text = made()
    for other in ("Movies", "movie", "movies ", "", "sample"):
        with pytest.raises(CatalogueMismatchError, match=f"of another catalogue, and {other} serves"):
            tokens_at(NOON).attribution(text, other, "ann", 7)
    with_other = tokens_at(NOON).issue("sample", VERSION, Strategy.HYBRID, "ann", 1, (5, 7, 9))
    assert tokens_at(NOON).attribution(with_other, "sample", "ann", 7) == Attribution(VERSION, "hybrid", 2)
    with pytest.raises(CatalogueMismatchError):
        tokens_at(NOON).attribution(with_other, CATALOGUE, "ann", 7)


def test_a_token_from_before_there_were_catalogues_is_refused() -> None:
    old = "ASBOBAEAAAAAAAAAAAAAABkyMDI2MTEyMFQxMDE1MDBaLTFmM2E5YzJlPgEAAAAAAABJElFmS9iNDimDJieZl2w5"
    assert "another release" in refused(old, "anyone", 318)


def test_a_user_cannot_be_found_in_a_token_without_the_key() -> None:
    """What stands for the user depends on the key; all else of two tokens is the same, but for the MAC."""

    def signed(key: bytes, user_id: str | None) -> bytes:
        text = tokens_at(NOON, key=key).issue(CATALOGUE, VERSION, Strategy.HYBRID, user_id, 1, [5, 7])
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))[:-16]

    assert signed(KEY, None) == signed(bytes(32), None)
    assert signed(KEY, "ann") == signed(KEY, "ann")
    assert signed(KEY, "ann") != signed(KEY, "bob")
    assert signed(KEY, "ann") != signed(bytes(32), "ann")
