"""Read the TMDB 5000 tables: two CSV files with JSON in some columns."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from recsvc.datasets.csv.rows import CSV, RowErrorPolicy, header_of, rows
from recsvc.datasets.tmdb.movie import (
    MAX_CAST,
    MAX_COMPANIES,
    TmdbMovie,
    TmdbMovies,
    distinct,
    movielens_genres,
    whole_date,
)
from recsvc.errors import BadRowError, DataError

MOVIES_FILE = "tmdb_5000_movies.csv"
CREDITS_FILE = "tmdb_5000_credits.csv"

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
_OPTIONAL_COLUMNS = ("runtime", "original_language", "budget", "revenue")


def has_tables(folder: Path) -> bool:
    """Return whether both files exist; their content is not read."""
    return (folder / MOVIES_FILE).is_file() and (folder / CREDITS_FILE).is_file()


def read_tables(folder: Path) -> TmdbMovies:
    """Read tmdb_5000_movies.csv and tmdb_5000_credits.csv; a movie's credits may be incomplete or missing.

    Raises:
        DataError: a file cannot be read or lacks a column, or there are no movies.
        BadRowError: a row is not CSV, has broken JSON or a malformed number, or repeats an id.
    """
    movies = {movie.tmdb_id: movie for movie in _read_movies(folder / MOVIES_FILE)}
    if not movies:
        raise DataError(f"{folder / MOVIES_FILE} has no movies")
    for tmdb_id, directors, cast in _read_credits(folder / CREDITS_FILE):
        if tmdb_id in movies:
            movies[tmdb_id] = replace(movies[tmdb_id], directors=directors, cast=cast)
    return TmdbMovies(movies)


def _read_movies(file: Path) -> Iterator[TmdbMovie]:
    seen: set[int] = set()
    columns = (*_MOVIE_COLUMNS, *(column for column in _OPTIONAL_COLUMNS if column in header_of(file)))
    for line, fields in rows(file, CSV, columns, RowErrorPolicy("stop")):
        row = dict(zip(columns, fields, strict=True))
        try:
            movie = _movie(row)
            if movie.tmdb_id in seen:
                raise ValueError(f"id {movie.tmdb_id} for the second time")
        except ValueError as error:
            raise BadRowError(file, line, str(error)) from None
        seen.add(movie.tmdb_id)
        yield movie


def _movie(row: dict[str, str]) -> TmdbMovie:
    vote_count = _whole(row, "vote_count")
    vote_average = _vote(row["vote_average"])
    return TmdbMovie(
        tmdb_id=_whole(row, "id"),
        title=row["title"].strip(),
        original_title=row["original_title"].strip(),
        year=_year(row["release_date"]),
        overview=row["overview"].strip(),
        genres=movielens_genres(_names(row, "genres")),
        keywords=_names(row, "keywords"),
        countries=_names(row, "production_countries"),
        companies=_names(row, "production_companies")[:MAX_COMPANIES],
        vote_average=vote_average if vote_count else None,
        vote_count=vote_count,
        runtime=_known(row, "runtime"),
        original_language=row.get("original_language", "").strip() or None,
        release_date=whole_date(row["release_date"]),
        budget=_known(row, "budget"),
        revenue=_known(row, "revenue"),
    )


def _read_credits(file: Path) -> Iterator[tuple[int, tuple[str, ...], tuple[str, ...]]]:
    id_column = "movie_id" if "movie_id" in header_of(file) else "id"
    columns = (id_column, "cast", "crew")
    seen: set[int] = set()
    for line, fields in rows(file, CSV, columns, RowErrorPolicy("stop")):
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
    """Parse a column with a JSON list of objects that have a name; an empty column is an empty list."""
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
    return distinct(record["name"] for record in records)


def _billing(member: dict[str, Any]) -> float:
    """Return TMDB's billing as a sort key; members without a billing come last."""
    order = member.get("order")
    return float(order) if isinstance(order, int | float) else float("inf")


def _whole(row: dict[str, str], column: str) -> int:
    text = row[column]
    if not (text.isascii() and text.isdigit() and len(text) <= 10):
        raise ValueError(f"{column} {text[:100]!r} is not a whole number")
    return int(text)


def _known(row: dict[str, str], column: str) -> int | None:
    """Return a number of which 0 and an empty cell stand for unknown; None for these and without the column."""
    text = row.get(column, "")
    whole = text.removesuffix(".0")
    if whole and not (whole.isascii() and whole.isdigit() and len(whole) <= 15):
        raise ValueError(f"{column} {text[:100]!r} is not a whole number")
    return int(whole or 0) or None


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
