"""Films of a dataset, filled with what TMDB says of them: the one place where the two are merged."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from recsvc.datasets.titles import normalise
from recsvc.datasets.tmdb_cache import TmdbCache
from recsvc.datasets.tmdb_film import TmdbFilm, TmdbFilms, named
from recsvc.datasets.tmdb_tables import CREDITS_FILE, MOVIES_FILE, has_tables, read_tables
from recsvc.errors import DataError
from recsvc.types import Movie


@dataclass(frozen=True, slots=True)
class EnrichResult:
    """The films in the order they came in, and how many were found by their TMDB id and by title and year."""

    movies: tuple[Movie, ...]
    matched_by_link: int
    matched_by_title: int


def read_tmdb(folder: Path) -> TmdbFilms:
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


def enrich(movies: tuple[Movie, ...], tmdb: TmdbFilms) -> EnrichResult:
    """Fill what the films do not say with what TMDB says; nothing they do say is changed.

    A film with a `tmdb_id` is matched by it alone. One without is what a search at TMDB found it to be; or
    else is matched by title and year: some title of its own equals, once normalised, the title or original
    title of exactly one TMDB film of that year, or else of the years beside it, among those that no other
    film is matched to.
    """
    by_link = {m.movie_id: m.tmdb_id for m in movies if m.tmdb_id is not None and m.tmdb_id in tmdb.films}
    searched = _searched(movies, tmdb)
    unlinked = [m for m in movies if m.tmdb_id is None and m.year is not None and m.movie_id not in searched]
    index = _title_index(tmdb.films.values())
    same_year = {m.movie_id: _candidates(m, (0,), index) for m in unlinked}
    by_title = {movie_id: films.pop() for movie_id, films in same_year.items() if len(films) == 1}
    taken = {*by_link.values(), *searched.values(), *by_title.values()}
    for movie in unlinked:
        # Another year is weak evidence: it does not settle a draw, nor take a TMDB film from its own.
        if movie.movie_id not in by_title and not same_year[movie.movie_id]:
            near = _candidates(movie, (-1, 1), index)
            if len(near) == 1 and not near & taken:
                by_title.update({movie.movie_id: near.pop()})
    matched: dict[int, int] = by_link | searched | by_title
    return EnrichResult(
        tuple(_filled(m, tmdb.films[matched[m.movie_id]]) if m.movie_id in matched else m for m in movies),
        matched_by_link=len(by_link),
        matched_by_title=len(searched) + len(by_title),
    )


def _searched(movies: tuple[Movie, ...], tmdb: TmdbFilms) -> dict[int, int]:
    """What a search at TMDB found films to be; one of the year beside does not take a TMDB film from its own."""
    found = {m.movie_id: tmdb.matched[named(m)] for m in movies if m.tmdb_id is None and named(m) in tmdb.matched}
    held = {m.movie_id: tmdb.films[found[m.movie_id]] for m in movies if found.get(m.movie_id) in tmdb.films}
    own = {held[m.movie_id].tmdb_id for m in movies if m.movie_id in held and held[m.movie_id].year == m.year}
    return {
        m.movie_id: held[m.movie_id].tmdb_id
        for m in movies
        if m.movie_id in held and (held[m.movie_id].year == m.year or held[m.movie_id].tmdb_id not in own)
    }


def _title_index(films: Iterable[TmdbFilm]) -> dict[tuple[str, int], set[int]]:
    index: defaultdict[tuple[str, int], set[int]] = defaultdict(set)
    for film in films:
        for title in (film.title, film.original_title):
            if film.year is not None and (key := normalise(title)):
                index[key, film.year].add(film.tmdb_id)
    return dict(index)


def _candidates(movie: Movie, offsets: tuple[int, ...], index: dict[tuple[str, int], set[int]]) -> set[int]:
    keys = {normalise(title) for title in (movie.title, *movie.other_titles)}
    year = movie.year or 0
    return {tmdb_id for key in keys for offset in offsets for tmdb_id in index.get((key, year + offset), ())}


def _filled(movie: Movie, film: TmdbFilm) -> Movie:
    known_as = {movie.title, *movie.other_titles}
    original = (film.original_title,) if film.original_title and film.original_title not in known_as else ()
    return replace(
        movie,
        year=film.year if movie.year is None else movie.year,
        genres=movie.genres or film.genres,
        other_titles=movie.other_titles + original,
        overview=movie.overview or film.overview,
        keywords=movie.keywords or film.keywords,
        directors=movie.directors or film.directors,
        cast=movie.cast or film.cast,
        countries=movie.countries or film.countries,
        companies=movie.companies or film.companies,
        tmdb_id=film.tmdb_id,
        imdb_id=movie.imdb_id or film.imdb_id,
        poster_path=movie.poster_path or film.poster_path,
        trailer_url=movie.trailer_url or film.trailer_url,
        vote_average=film.vote_average if movie.vote_average is None else movie.vote_average,
        vote_count=film.vote_count if movie.vote_count is None else movie.vote_count,
    )
