from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from recsvc.datasets.tmdb.match import NO_SUCH_TITLE, NO_YEAR, SEVERAL, Match, TitleMatcher, find
from recsvc.datasets.tmdb.responses import Candidate
from recsvc.types import Movie
from tests.unit.datasets.tmdb.tmdb_site import TmdbSite, api, tmdb_site


@pytest.fixture
def site() -> Iterator[TmdbSite]:
    with tmdb_site() as made:
        made.movie(1, "The Lion & the King", "1995-05-01")
        made.movie(2, "City of Lost Children", "1995-05-17", original_title="La Cité des enfants perdus")
        made.movie(3, "Se7en", "1995-09-22")
        made.alternative[3] = ("Seven", "Siete")
        made.movie(4, "Hard Eight", "1996-02-28", vote_count=400)
        made.movie(5, "Hard Eight", "1997-01-01", vote_count=0)
        made.movie(6, "Emma", "1996-08-02", vote_count=500)
        made.movie(7, "Emma", "1996-11-24", vote_count=200)
        made.movie(8, "Gone", "1997-01-01")
        made.movie(9, "Undated", "")
        made.movie(10, "!!!", "1995-01-01")
        made.movie(11, "Seven Beauties", "1995-01-01")
        made.movie(12, "Fear", "1996-04-12", vote_count=2000)
        made.movie(13, "The Fear", "1995-01-01", vote_count=1)
        made.movie(14, "Dark", "2000-01-01", vote_count=50)
        made.movie(15, "The Dark", "2000-01-01", vote_count=30)
        made.movie(16, "Heavy Weights", "1995-02-17")
        yield made


def found(site: TmdbSite, title: str, year: int | None, *others: str) -> Match:
    async def search() -> Match:
        async with api(site) as client:
            return await find(client, Movie(1, title, year, other_titles=others))

    return asyncio.run(search())


@pytest.mark.parametrize(
    ("title", "year", "others", "match"),
    [
        ("Lion and the King", 1995, (), Match(1)),
        ("The Lion and the King", 1994, (), Match(1)),
        ("The Lion and the King", 1996, (), Match(1)),
        ("The Lion and the King", 1997, (), Match(None, NO_SUCH_TITLE)),
        ("Lion and the King", 1996, (), Match(None, NO_SUCH_TITLE)),
        ("Lion and the King", None, (), Match(None, NO_YEAR)),
        ("The Lion", 1995, (), Match(None, NO_SUCH_TITLE)),
        ("La cité des enfants perdus", 1995, (), Match(2)),
        ("Something", 1995, ("City of Lost Children",), Match(2)),
        ("Seven", 1995, (), Match(3)),
        ("Hard Eight", 1996, (), Match(4)),
        ("Hard Eight", 1997, (), Match(4)),
        ("Emma", 1996, (), Match(None, SEVERAL)),
        ("The Fear", 1995, (), Match(13)),
        ("The Fear", 1997, (), Match(None, NO_SUCH_TITLE)),
        ("A Fear", 1996, (), Match(12)),
        ("The Dark", 2000, (), Match(15)),
        ("Dark", 2000, (), Match(14)),
        ("An Heavy-Weights", 1995, (), Match(16)),
        ("Heavy Weights", 1996, (), Match(16)),
        ("Undated", 1995, (), Match(None, NO_SUCH_TITLE)),
        ("???", 1995, (), Match(None, NO_SUCH_TITLE)),
    ],
)
def test_a_movie_is_found_by_title_and_year(
    site: TmdbSite, title: str, year: int | None, others: tuple[str, ...], match: Match
) -> None:
    assert found(site, title, year, *others) == match


def test_a_well_known_movie_needs_one_query(site: TmdbSite) -> None:
    found(site, "Gone", 1997)
    assert site.requests == [("/search/movie", {"query": "Gone", "include_adult": "false", "year": "1997"})]


def test_alternative_titles_are_requested_only_if_needed(site: TmdbSite) -> None:
    found(site, "Seven", 1995)
    assert site.paths() == ["/search/movie"] * 2 + [f"/movie/{tmdb_id}/alternative_titles" for tmdb_id in (3, 11)]


@pytest.mark.parametrize(
    ("candidates", "tmdb_id"),
    [
        ([(1, 2000, 0)], 1),
        ([(1, 2000, 9), (2, 2000, 49)], 2),
        ([(1, 2000, 9), (2, 2000, 48)], None),
        ([(1, 2000, 9), (2, 1999, 19)], 1),
        ([(1, 2000, 9), (2, 2001, 499)], 2),
        ([(1, 2000, 9), (2, 2001, 300)], None),
        ([(1, 2000, 0), (2, 2000, 0), (3, 2000, 600)], 3),
    ],
)
def test_of_several_movies_the_one_with_by_far_the_most_votes_is_chosen(
    candidates: list[tuple[int, int, int]], tmdb_id: int | None
) -> None:
    movies = [
        Candidate(id=n, title="X", release_date=f"{year}-01-01", vote_count=votes) for n, year, votes in candidates
    ]
    matcher = TitleMatcher(["X"], 2000)
    assert matcher.choose(movies).tmdb_id == tmdb_id
    assert matcher.choose(reversed(movies)) == matcher.choose(movies)
