"""Movies of a dataset, filled with what TMDB says of them: the one place where the two are merged."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from recsvc.datasets.titles import normalise
from recsvc.datasets.tmdb.cache import TmdbCache
from recsvc.datasets.tmdb.csv_tables import CREDITS_FILE, MOVIES_FILE, has_tables, read_tables
from recsvc.datasets.tmdb.movie import TmdbMovie, TmdbMovies, named
from recsvc.errors import DataError
from recsvc.types import Movie


@dataclass(frozen=True, slots=True)
class EnrichResult:
    """The movies in the order they came in, and how many were found by their TMDB id and by title and year."""

    movies: tuple[Movie, ...]
    matched_by_link: int
    matched_by_title: int


def read_tmdb(folder: Path) -> TmdbMovies:
    """Read a folder that `recsvc data enrich` filled, or one with the TMDB 5000 tables.

    Raises:
        DataError: the folder is neither, or a table lacks a column.
        BadRowError: a row of a table that cannot be used.
    """
    cache = TmdbCache(folder)
    if cache.exists():
        return cache.read()
    if not has_tables(folder):
        raise DataError(
            f"no TMDB data in {folder}: looked for {MOVIES_FILE} and {CREDITS_FILE}, "
            "or for what `recsvc data enrich` fetches"
        )
    return read_tables(folder)


def enrich(movies: tuple[Movie, ...], tmdb: TmdbMovies) -> EnrichResult:
    """Fill what the candidates do not say with what TMDB says; nothing they do say is changed.

    A movie with a `tmdb_id` is matched by it alone. One without is what a search at TMDB found it to be; or
    else is matched by title and year: some title of its own equals, once normalised, the title or original
    title of exactly one TMDB movie of that year, or else of the years beside it, among those that no other
    movie is matched to.
    """
    by_link = {m.movie_id: m.tmdb_id for m in movies if m.tmdb_id is not None and m.tmdb_id in tmdb.movies}
    searched = _searched(movies, tmdb)
    unlinked = [m for m in movies if m.tmdb_id is None and m.year is not None and m.movie_id not in searched]
    index = _title_index(tmdb.movies.values())
    same_year = {m.movie_id: _candidates(m, (0,), index) for m in unlinked}
    by_title = {movie_id: candidates.pop() for movie_id, candidates in same_year.items() if len(candidates) == 1}
    taken = {*by_link.values(), *searched.values(), *by_title.values()}
    for movie in unlinked:
        # Another year is weak evidence: it does not settle a draw, nor take a TMDB movie from its own.
        if movie.movie_id not in by_title and not same_year[movie.movie_id]:
            near = _candidates(movie, (-1, 1), index)
            if len(near) == 1 and not near & taken:
                by_title.update({movie.movie_id: near.pop()})
    matched: dict[int, int] = by_link | searched | by_title
    return EnrichResult(
        tuple(_filled(m, tmdb.movies[matched[m.movie_id]]) if m.movie_id in matched else m for m in movies),
        matched_by_link=len(by_link),
        matched_by_title=len(searched) + len(by_title),
    )


def _searched(movies: tuple[Movie, ...], tmdb: TmdbMovies) -> dict[int, int]:
    """What a search at TMDB found movies to be; one of the year beside does not take a TMDB movie from its own."""
    found = {m.movie_id: tmdb.matched[named(m)] for m in movies if m.tmdb_id is None and named(m) in tmdb.matched}
    held = {m.movie_id: tmdb.movies[found[m.movie_id]] for m in movies if found.get(m.movie_id) in tmdb.movies}
    own = {held[m.movie_id].tmdb_id for m in movies if m.movie_id in held and held[m.movie_id].year == m.year}
    return {
        m.movie_id: held[m.movie_id].tmdb_id
        for m in movies
        if m.movie_id in held and (held[m.movie_id].year == m.year or held[m.movie_id].tmdb_id not in own)
    }


def _title_index(movies: Iterable[TmdbMovie]) -> dict[tuple[str, int], set[int]]:
    index: defaultdict[tuple[str, int], set[int]] = defaultdict(set)
    for movie in movies:
        for title in (movie.title, movie.original_title):
            if movie.year is not None and (key := normalise(title)):
                index[key, movie.year].add(movie.tmdb_id)
    return dict(index)


def _candidates(movie: Movie, offsets: tuple[int, ...], index: dict[tuple[str, int], set[int]]) -> set[int]:
    keys = {normalise(title) for title in (movie.title, *movie.other_titles)}
    year = movie.year or 0
    return {tmdb_id for key in keys for offset in offsets for tmdb_id in index.get((key, year + offset), ())}


def _filled(movie: Movie, tmdb_movie: TmdbMovie) -> Movie:
    known_as = {movie.title, *movie.other_titles}
    original = (
        (tmdb_movie.original_title,) if tmdb_movie.original_title and tmdb_movie.original_title not in known_as else ()
    )
    return replace(
        movie,
        year=tmdb_movie.year if movie.year is None else movie.year,
        genres=movie.genres or tmdb_movie.genres,
        other_titles=movie.other_titles + original,
        overview=movie.overview or tmdb_movie.overview,
        keywords=movie.keywords or tmdb_movie.keywords,
        directors=movie.directors or tmdb_movie.directors,
        cast=movie.cast or tmdb_movie.cast,
        countries=movie.countries or tmdb_movie.countries,
        companies=movie.companies or tmdb_movie.companies,
        tmdb_id=tmdb_movie.tmdb_id,
        imdb_id=movie.imdb_id or tmdb_movie.imdb_id,
        poster_path=movie.poster_path or tmdb_movie.poster_path,
        trailer_url=movie.trailer_url or tmdb_movie.trailer_url,
        vote_average=tmdb_movie.vote_average if movie.vote_average is None else movie.vote_average,
        vote_count=tmdb_movie.vote_count if movie.vote_count is None else movie.vote_count,
    )
