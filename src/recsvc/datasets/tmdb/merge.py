"""Merge TMDB data into the movies of a dataset."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from recsvc.datasets.titles import normalise
from recsvc.datasets.tmdb.cache import TmdbCache
from recsvc.datasets.tmdb.csv_tables import CREDITS_FILE, MOVIES_FILE, has_tables, read_tables
from recsvc.datasets.tmdb.movie import TmdbMovie, TmdbMovies, movie_key
from recsvc.errors import DataError
from recsvc.types import Movie

_WORKING_TITLE = re.compile(r"untitled\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class EnrichResult:
    """The movies in their original order, and how many were matched by TMDB id and by title and year."""

    movies: tuple[Movie, ...]
    matched_by_link: int
    matched_by_title: int


def read_tmdb(folder: Path) -> TmdbMovies:
    """Read a folder that `recsvc data enrich` has filled, or one with the TMDB 5000 tables.

    Raises:
        DataError: the folder is neither of them, or a table lacks a column.
        BadRowError: a row of a table cannot be used.
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
    """Fill the empty fields of the movies from TMDB; fields that are not empty stay, but for working titles.

    A movie with a `tmdb_id` is matched by it alone. Any other movie is matched by the result of the search for it at
    TMDB, if there is one, and otherwise by title and year. For this, one of its titles must equal, after normalisation,
    the title or original title of exactly one TMDB movie of the same year. If there is none of that year, the adjacent
    years are tried, among the TMDB movies that no other movie is matched to.
    """
    by_link = {m.movie_id: m.tmdb_id for m in movies if m.tmdb_id is not None and m.tmdb_id in tmdb.movies}
    searched = _searched(movies, tmdb)
    unlinked = [m for m in movies if m.tmdb_id is None and m.year is not None and m.movie_id not in searched]
    index = _title_index(tmdb.movies.values())
    same_year = {m.movie_id: _candidates(m, (0,), index) for m in unlinked}
    by_title = {movie_id: candidates.pop() for movie_id, candidates in same_year.items() if len(candidates) == 1}
    taken = {*by_link.values(), *searched.values(), *by_title.values()}
    for movie in unlinked:
        # An adjacent year is weak evidence: it neither decides between several TMDB movies nor takes one from a movie
        # of the same year.
        if movie.movie_id not in by_title and not same_year[movie.movie_id]:
            near = _candidates(movie, (-1, 1), index)
            if len(near) == 1 and not near & taken:
                by_title.update({movie.movie_id: near.pop()})
    matched: dict[int, int] = by_link | searched | by_title
    return EnrichResult(
        tuple(filled(m, tmdb.movies[matched[m.movie_id]]) if m.movie_id in matched else m for m in movies),
        matched_by_link=len(by_link),
        matched_by_title=len(searched) + len(by_title),
    )


def _searched(movies: tuple[Movie, ...], tmdb: TmdbMovies) -> dict[int, int]:
    """Return the TMDB ids that a search found, by movie id.

    If several movies were matched to one TMDB movie, those of the same year keep it and those of an adjacent year do
    not.
    """
    keys = {movie.movie_id: movie_key(movie) for movie in movies if movie.tmdb_id is None}
    matched = {movie_id: tmdb.matched[key] for movie_id, key in keys.items() if key in tmdb.matched}
    found = {movie_id: tmdb.movies[tmdb_id] for movie_id, tmdb_id in matched.items() if tmdb_id in tmdb.movies}
    same_year = {m.movie_id for m in movies if m.movie_id in found and found[m.movie_id].year == m.year}
    taken = {found[movie_id].tmdb_id for movie_id in same_year}
    return {
        movie_id: tmdb_movie.tmdb_id
        for movie_id, tmdb_movie in found.items()
        if movie_id in same_year or tmdb_movie.tmdb_id not in taken
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


def filled(movie: Movie, tmdb_movie: TmdbMovie) -> Movie:
    """Fill the empty fields of a movie from TMDB.

    A title from before the movie had one ("Untitled Spider-Man Reboot") gives way to that of TMDB, and stays among the
    other titles.
    """
    title, others = movie.title, movie.other_titles
    if tmdb_movie.title and _WORKING_TITLE.match(title) and not _WORKING_TITLE.match(tmdb_movie.title):
        title, others = tmdb_movie.title, (*(other for other in others if other != tmdb_movie.title), title)
    original_title = tmdb_movie.original_title
    if original_title and original_title not in {title, *others}:
        others = (*others, original_title)
    return replace(
        movie,
        title=title,
        year=tmdb_movie.year if movie.year is None else movie.year,
        genres=movie.genres or tmdb_movie.genres,
        other_titles=others,
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
        runtime=movie.runtime or tmdb_movie.runtime,
        original_language=movie.original_language or tmdb_movie.original_language,
        release_date=movie.release_date or tmdb_movie.release_date,
        backdrop_path=movie.backdrop_path or tmdb_movie.backdrop_path,
        budget=movie.budget or tmdb_movie.budget,
        revenue=movie.revenue or tmdb_movie.revenue,
        collection=movie.collection or tmdb_movie.collection,
    )
