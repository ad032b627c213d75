"""The TMDB 5000 tables, and films of a dataset enriched with what they say."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from recsvc.datasets.rows import CSV, Tally, header_of, rows
from recsvc.datasets.titles import normalise
from recsvc.errors import BadRowError, DataError
from recsvc.types import Movie

MAX_CAST = 5
MAX_COMPANIES = 3

_MOVIES_FILE = "tmdb_5000_movies.csv"
_CREDITS_FILE = "tmdb_5000_credits.csv"
_MOVIE_COLUMNS = (
    "id",
    "title",
    "original_title",
    "release_date",
    "overview",
    "genres",
    "keywords",
    "production_countries",
    "production_companies",
    "vote_average",
    "vote_count",
)
# TMDB's name to MovieLens's; None where MovieLens has no such genre.
_GENRES = {
    "Science Fiction": "Sci-Fi",
    "Family": "Children",
    "Music": "Musical",
    "History": None,
    "TV Movie": None,
    "Foreign": None,
}


@dataclass(frozen=True, slots=True)
class TmdbFilm:
    """What is said of one film: `genres` have MovieLens names; without votes no `vote_average` (0-10)."""

    tmdb_id: int
    title: str
    original_title: str
    year: int | None
    overview: str
    genres: tuple[str, ...]
    keywords: tuple[str, ...]
    countries: tuple[str, ...]
    companies: tuple[str, ...]
    vote_average: float | None
    vote_count: int
    directors: tuple[str, ...] = ()
    cast: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TmdbTables:
    """All films of the two tables by their TMDB id, in the order of the file."""

    films: Mapping[int, TmdbFilm]


@dataclass(frozen=True, slots=True)
class EnrichResult:
    """The films in the order they came in, and how many were found by their TMDB id and by title and year."""

    movies: tuple[Movie, ...]
    matched_by_link: int
    matched_by_title: int


def read_tmdb(folder: Path) -> TmdbTables:
    """Read tmdb_5000_movies.csv and tmdb_5000_credits.csv; the credits may be whole, cut short or empty.

    Raises:
        DataError: a file is missing or lacks a column.
        BadRowError: a row that is not CSV, JSON that is broken, a number that is none, an id there twice.
    """
    for name in (_MOVIES_FILE, _CREDITS_FILE):
        if not (folder / name).is_file():
            raise DataError(f"no TMDB tables in {folder}: looked for {_MOVIES_FILE} and {_CREDITS_FILE}")
    films = {film.tmdb_id: film for film in _read_films(folder / _MOVIES_FILE)}
    if not films:
        raise DataError(f"{folder / _MOVIES_FILE} has no films")
    for tmdb_id, directors, cast in _read_credits(folder / _CREDITS_FILE):
        if tmdb_id in films:
            films[tmdb_id] = replace(films[tmdb_id], directors=directors, cast=cast)
    return TmdbTables(films)


def enrich(movies: tuple[Movie, ...], tables: TmdbTables) -> EnrichResult:
    """Fill what the films do not say with what TMDB says; nothing they do say is changed.

    A film with a `tmdb_id` is matched by it alone. One without is matched by title and year: some title of
    its own equals, once normalised, the title or original title of exactly one TMDB film of that year, or
    else of the years beside it, among those that no other film is matched to.
    """
    by_link = {m.movie_id: m.tmdb_id for m in movies if m.tmdb_id is not None and m.tmdb_id in tables.films}
    unlinked = [m for m in movies if m.tmdb_id is None and m.year is not None]
    index = _title_index(tables.films.values())
    same_year = {m.movie_id: _candidates(m, (0,), index) for m in unlinked}
    by_title = {movie_id: films.pop() for movie_id, films in same_year.items() if len(films) == 1}
    taken = {*by_link.values(), *by_title.values()}
    for movie in unlinked:
        # Another year is weak evidence: it does not settle a draw, nor take a TMDB film from its own.
        if movie.movie_id not in by_title and not same_year[movie.movie_id]:
            near = _candidates(movie, (-1, 1), index)
            if len(near) == 1 and not near & taken:
                by_title.update({movie.movie_id: near.pop()})
    matched: dict[int, int] = by_link | by_title
    return EnrichResult(
        tuple(_filled(m, tables.films[matched[m.movie_id]]) if m.movie_id in matched else m for m in movies),
        matched_by_link=len(by_link),
        matched_by_title=len(by_title),
    )


def _read_films(file: Path) -> Iterator[TmdbFilm]:
    seen: set[int] = set()
    for line, fields in rows(file, CSV, _MOVIE_COLUMNS, Tally("stop")):
        row = dict(zip(_MOVIE_COLUMNS, fields, strict=True))
        try:
            film = _film(row)
            if film.tmdb_id in seen:
                raise ValueError(f"id {film.tmdb_id} for the second time")
        except ValueError as error:
            raise BadRowError(file, line, str(error)) from None
        seen.add(film.tmdb_id)
        yield film


def _film(row: dict[str, str]) -> TmdbFilm:
    vote_count = _whole(row, "vote_count")
    vote_average = _vote(row["vote_average"])
    genres = (_GENRES.get(name, name) for name in _names(row, "genres"))
    return TmdbFilm(
        tmdb_id=_whole(row, "id"),
        title=row["title"].strip(),
        original_title=row["original_title"].strip(),
        year=_year(row["release_date"]),
        overview=row["overview"].strip(),
        genres=tuple(dict.fromkeys(genre for genre in genres if genre)),
        keywords=_names(row, "keywords"),
        countries=_names(row, "production_countries"),
        companies=_names(row, "production_companies")[:MAX_COMPANIES],
        vote_average=vote_average if vote_count else None,
        vote_count=vote_count,
    )


def _read_credits(file: Path) -> Iterator[tuple[int, tuple[str, ...], tuple[str, ...]]]:
    id_column = "movie_id" if "movie_id" in header_of(file) else "id"
    columns = (id_column, "cast", "crew")
    seen: set[int] = set()
    for line, fields in rows(file, CSV, columns, Tally("stop")):
        row = dict(zip(columns, fields, strict=True))
        try:
            tmdb_id = _whole(row, id_column)
            if tmdb_id in seen:
                raise ValueError(f"{id_column} {tmdb_id} for the second time")
            cast = sorted(_records(row, "cast"), key=_billing)
            crew = _records(row, "crew")
        except ValueError as error:
            raise BadRowError(file, line, str(error)) from None
        seen.add(tmdb_id)
        yield tmdb_id, _distinct(c for c in crew if c.get("job") == "Director"), _distinct(cast)[:MAX_CAST]


def _records(row: dict[str, str], column: str) -> list[dict[str, Any]]:
    """Read a column that holds a JSON list of objects with a name; an empty one is an empty list."""
    try:
        records = json.loads(row[column] or "[]")
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{column} is not JSON ({error})") from None
    if not isinstance(records, list) or not all(
        isinstance(record, dict) and isinstance(record.get("name"), str) for record in records
    ):
        raise ValueError(f"{column} is not a list of objects with a name")
    return records


def _names(row: dict[str, str], column: str) -> tuple[str, ...]:
    return _distinct(_records(row, column))


def _distinct(records: Iterable[dict[str, Any]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for record in records if (name := record["name"].strip())))


def _billing(member: dict[str, Any]) -> float:
    """Order the cast by TMDB's billing; who has none comes last, and equal ones stay as they stand."""
    order = member.get("order")
    return float(order) if isinstance(order, int | float) else float("inf")


def _whole(row: dict[str, str], column: str) -> int:
    text = row[column]
    if not (text.isascii() and text.isdigit() and len(text) <= 10):
        raise ValueError(f"{column} {text[:100]!r} is not a whole number")
    return int(text)


def _vote(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not 0 <= value <= 10:
        raise ValueError(f"vote_average {text[:100]!r} is not a number from 0 to 10")
    return value


def _year(date: str) -> int | None:
    if not date:
        return None
    year = date[:4]
    if not (len(date) == 10 and date[4] == date[7] == "-" and year.isascii() and year.isdigit()):
        raise ValueError(f"release_date {date[:100]!r} is not YYYY-MM-DD")
    return int(year)


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
        vote_average=film.vote_average if movie.vote_average is None else movie.vote_average,
        vote_count=film.vote_count if movie.vote_count is None else movie.vote_count,
    )
