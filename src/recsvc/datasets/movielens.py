"""Read the folder of a MovieLens dataset, or of own data in the same format."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from recsvc.datasets.csv.rating_files import parse_movie_id, read_rating_file
from recsvc.datasets.csv.rows import CSV, Delimited, OnError, RowErrorPolicy, rows
from recsvc.datasets.dataset import Dataset, check_name
from recsvc.datasets.titles import parse_title
from recsvc.errors import DataError
from recsvc.types import Movie

MAX_TAGS = 20

NOTICE = (
    "MovieLens ratings were collected by GroupLens at the University of Minnesota and may be used "
    "for non-commercial research. Cite: F. M. Harper and J. A. Konstan, The MovieLens Datasets: "
    "History and Context, ACM TiiS 5(4), 2015, https://doi.org/10.1145/2827872"
)

# The genre flags of u.item. They stand after five text fields and a flag "unknown", which marks movies without a genre.
# fmt: off
_FLAG_GENRES = (
    "Action", "Adventure", "Animation", "Children", "Comedy", "Crime", "Documentary", "Drama", "Fantasy",
    "Film-Noir", "Horror", "Musical", "Mystery", "Romance", "Sci-Fi", "Thriller", "War", "Western",
)
# fmt: on
_ITEM_COLUMNS = ("movieId", "title", "released", "video", "imdb", "unknown", *_FLAG_GENRES)
_SAME_GENRE = {"Children's": "Children"}
_NO_GENRE = frozenset({"", "unknown", "(no genres listed)"})
_IMDB_ID = re.compile(r"(?:tt)?([0-9]{1,10})")

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class _Layout:
    ratings: str
    movies: str
    ratings_format: Delimited
    movies_format: Delimited


_LAYOUTS = (
    _Layout("u.data", "u.item", Delimited("\t", 4), Delimited("|", len(_ITEM_COLUMNS))),
    _Layout("ratings.dat", "movies.dat", Delimited("::", 4), Delimited("::", 3)),
    _Layout("ratings.csv", "movies.csv", CSV, CSV),
)


def read_movielens(folder: Path, *, name: str | None = None, on_error: OnError = "stop") -> Dataset:
    """Read the folder of a dataset.

    The format is recognised by the files: u.data and u.item (ml-100k), ratings.dat and movies.dat (ml-1m), or
    ratings.csv and movies.csv (all other datasets, and own data), optionally with links.csv and tags.csv.

    `name` is by default the name of the folder. With `on_error="skip"` broken rows are left out and counted.

    Raises:
        DataError: there is no such folder, it does not have the files of exactly one format, there are no ratings, or
            the name cannot be that of a dataset.
        BadRowError: a row is broken and `on_error` is "stop"; it has the file, the line and the reason of the first
            one.
    """
    layout = _recognise(folder)
    name = folder.resolve().name if name is None else name
    check_name(name)
    row_errors = RowErrorPolicy(on_error)
    movies = _read_movies(folder / layout.movies, layout.movies_format, row_errors)
    if layout.movies_format is CSV:
        _add_links(movies, folder / "links.csv", row_errors)
        _add_tags(movies, folder / "tags.csv", row_errors)
    known = np.array(sorted(movies), np.int64)
    ratings = read_rating_file(folder / layout.ratings, layout.ratings_format, known, row_errors)
    return Dataset(
        name=name,
        ratings=ratings,
        movies=tuple(movies[movie_id] for movie_id in known.tolist()),
        notice=NOTICE if layout.ratings_format is not CSV or _is_grouplens(folder, name) else "",
        skipped=row_errors.skipped,
    )


def is_dataset(folder: Path) -> bool:
    """Return whether `read_movielens` recognises the folder; the content of the files is not read."""
    return len(_layouts_in(folder)) == 1


def _layouts_in(folder: Path) -> list[_Layout]:
    return [layout for layout in _LAYOUTS if (folder / layout.ratings).is_file() and (folder / layout.movies).is_file()]


def _recognise(folder: Path) -> _Layout:
    looked_for = ", or ".join(f"{layout.ratings} and {layout.movies}" for layout in _LAYOUTS)
    if not folder.is_dir():
        raise DataError(f"there is no folder {folder} (looked for {looked_for} in it)")
    found = _layouts_in(folder)
    if len(found) != 1:
        state = "more than one dataset" if found else "no dataset"
        raise DataError(f"{state} in {folder}: looked for {looked_for}")
    return found[0]


def _is_grouplens(folder: Path, name: str) -> bool:
    """Return whether CSV files come from GroupLens, and not only use the same format."""
    readme = next(
        (folder / file for file in ("README.txt", "README.html", "README") if (folder / file).is_file()), None
    )
    text = readme.read_text(encoding="utf-8", errors="replace") if readme is not None else ""
    return name.startswith("ml-") or "grouplens" in text.casefold()


def _read_movies(file: Path, layout: Delimited, row_errors: RowErrorPolicy) -> dict[int, Movie]:
    movies: dict[int, Movie] = {}
    flags = layout.width == len(_ITEM_COLUMNS)
    for line, fields in rows(file, layout, _ITEM_COLUMNS if flags else ("movieId", "title", "genres"), row_errors):
        try:
            movie_id = parse_movie_id(fields[0])
            if movie_id in movies:
                raise ValueError(f"movie id {movie_id} for the second time")
            if not fields[1].strip():
                raise ValueError("no title")
            if _CONTROL.search(fields[1]):
                raise ValueError("a control character in the title")
            genres = _flagged(fields[5:]) if flags else _listed(fields[2])
        except ValueError as error:
            row_errors.reject(file, line, str(error))
            continue
        title = parse_title(fields[1])
        movies[movie_id] = Movie(movie_id, title.title, title.year, genres, title.other_titles)
    return movies


def _flagged(flags: list[str]) -> tuple[str, ...]:
    if not all(flag in {"0", "1"} for flag in flags):
        raise ValueError("a genre flag is neither 0 nor 1")
    return tuple(genre for genre, flag in zip(_FLAG_GENRES, flags[1:], strict=True) if flag == "1")


def _listed(text: str) -> tuple[str, ...]:
    names = (part.strip() for part in text.split("|"))
    return tuple(dict.fromkeys(_SAME_GENRE.get(genre, genre) for genre in names if genre not in _NO_GENRE))


def _add_links(movies: dict[int, Movie], file: Path, row_errors: RowErrorPolicy) -> None:
    if not file.is_file():
        return
    linked: set[int] = set()
    for line, (movie, imdb, tmdb) in rows(file, CSV, ("movieId", "imdbId", "tmdbId"), row_errors):
        try:
            movie_id = _known_movie(movie, movies)
            if movie_id in linked:
                raise ValueError(f"movie id {movie_id} for the second time")
            imdb_id = _IMDB_ID.fullmatch(imdb)
            if imdb and imdb_id is None:
                raise ValueError(f"IMDb id {imdb[:100]!r} is not a number")
            tmdb_id = _tmdb_id(tmdb)
        except ValueError as error:
            row_errors.reject(file, line, str(error))
            continue
        linked.add(movie_id)
        movies[movie_id] = replace(
            movies[movie_id], imdb_id=f"tt{imdb_id[1].zfill(7)}" if imdb_id else None, tmdb_id=tmdb_id
        )


def _add_tags(movies: dict[int, Movie], file: Path, row_errors: RowErrorPolicy) -> None:
    if not file.is_file():
        return
    applied: defaultdict[int, Counter[str]] = defaultdict(Counter)
    for line, (movie, tag) in rows(file, CSV, ("movieId", "tag"), row_errors):
        try:
            movie_id = _known_movie(movie, movies)
        except ValueError as error:
            row_errors.reject(file, line, str(error))
            continue
        if text := " ".join(tag.casefold().split()):
            applied[movie_id][text] += 1
    for movie_id, counts in applied.items():
        often_first = sorted(counts, key=lambda tag: (-counts[tag], tag))
        movies[movie_id] = replace(movies[movie_id], tags=tuple(often_first[:MAX_TAGS]))


def _known_movie(text: str, movies: dict[int, Movie]) -> int:
    movie_id = parse_movie_id(text)
    if movie_id not in movies:
        raise ValueError(f"movie id {movie_id} is not in the movies file")
    return movie_id


def _tmdb_id(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:19]) < 2**31):
        raise ValueError(f"TMDB id {text[:100]!r} is not a number")
    return int(text)
