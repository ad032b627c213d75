"""The folder in which answers of TMDB are kept, with one small file per movie.

Each file is written under a temporary name and then renamed, so that it is whole or absent. A killed process leaves all
movies that it has fetched, two processes at once do not damage each other's files, a damaged file costs one movie,
which is fetched again, and the entry of a movie that TMDB has removed is replaced without rewriting the others. A
single log file would be faster to read, but it would have to be repaired, locked and compacted.

    movies/862.json      TMDB's answer about its movie 862; null if TMDB has no such movie (any more)
    matches/1.json       the TMDB id that a search found for the dataset's movie 1; null if it found none
    missing.csv          the dataset's movies without TMDB data, and the reasons

A folder `films/`, with the key `film` in its files, was written by earlier versions; it is read and continued.
"""

from __future__ import annotations

import csv
import io
import os
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal, TypeVar

from pydantic import AliasChoices, AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from recsvc.datasets.tmdb.movie import MovieKey, TmdbMovies
from recsvc.datasets.tmdb.responses import Details
from recsvc.errors import DataError

FOLDER = "tmdb"
"""The name of the folder inside the folder of a dataset."""

_ABANDONED_AFTER = 3600.0
_MISSING_COLUMNS = ("movieId", "title", "year", "why")


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    format: Literal[1] = 1
    asked_at: AwareDatetime


class MovieEntry(_Entry):
    """TMDB's answer about one of its movies; `movie` is None if TMDB had no movie with that id."""

    tmdb_id: int
    movie: Details | None = Field(validation_alias=AliasChoices("movie", "film"))


class MatchEntry(_Entry):
    """The result of a search for a movie of the dataset; without a `tmdb_id`, `why` is the reason."""

    movie_id: int
    title: str
    year: int | None
    tmdb_id: int | None
    why: str = ""

    @property
    def movie_key(self) -> MovieKey:
        """The id, title and year that were looked up."""
        return self.movie_id, self.title, self.year


EntryT = TypeVar("EntryT", bound=_Entry)


class TmdbCache:
    """The answers that are kept for the movies of one dataset. A file that cannot be parsed counts as absent."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.missing_file = folder / "missing.csv"
        movies, films = folder / "movies", folder / "films"
        self._movies = films if films.is_dir() and not movies.exists() else movies
        self._matches = folder / "matches"

    def exists(self) -> bool:
        """Return whether the folder is such a cache."""
        return self._movies.is_dir()

    def create(self) -> None:
        """Create the folder if it is absent, and remove unfinished files of processes that were killed."""
        for folder in (self._movies, self._matches):
            folder.mkdir(parents=True, exist_ok=True)
            for unfinished in folder.glob("*.tmp"):
                if time.time() - unfinished.stat().st_mtime > _ABANDONED_AFTER:
                    unfinished.unlink(missing_ok=True)

    def movie(self, tmdb_id: int) -> MovieEntry | None:
        """Return the entry of a TMDB movie; None if there is none."""
        entry = _load(MovieEntry, self._movies / f"{tmdb_id}.json")
        return entry if entry is not None and entry.tmdb_id == tmdb_id else None

    def match(self, key: MovieKey) -> MatchEntry | None:
        """Return the result of the search for a movie; None if it was not searched for by that title and year."""
        entry = _load(MatchEntry, self._matches / f"{key[0]}.json")
        return entry if entry is not None and entry.movie_key == key else None

    def keep_movie(self, entry: MovieEntry) -> None:
        """Store an answer about a movie, in place of an older one."""
        _write(self._movies / f"{entry.tmdb_id}.json", entry.model_dump_json())

    def keep_match(self, entry: MatchEntry) -> None:
        """Store the result of a search, in place of an older one."""
        _write(self._matches / f"{entry.movie_id}.json", entry.model_dump_json())

    def write_missing(self, rows: Iterable[tuple[int, str, int | None, str]]) -> None:
        """Write the list of the movies without TMDB data, in place of the older list: id, title, year and reason."""
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows([_MISSING_COLUMNS, *rows])
        _write(self.missing_file, text.getvalue())

    def read(self) -> TmdbMovies:
        """Read all entries; the movies are in the order of their TMDB ids.

        Raises:
            DataError: the folder cannot be read.
        """
        try:
            movies = {e.tmdb_id: e.movie.movie() for e in _all(MovieEntry, self._movies) if e.movie is not None}
            matches = {e.movie_key: e.tmdb_id for e in _all(MatchEntry, self._matches) if e.tmdb_id is not None}
        except OSError as error:
            raise DataError(f"cannot read {self.folder}: {error.strerror or error}") from None
        return TmdbMovies(dict(sorted(movies.items())), matches)


def _all(kind: type[EntryT], folder: Path) -> Iterator[EntryT]:
    for file in folder.glob("*.json"):
        if (entry := _load(kind, file)) is not None:
            yield entry


def _load(kind: type[EntryT], file: Path) -> EntryT | None:
    try:
        return kind.model_validate_json(file.read_bytes())
    except (FileNotFoundError, ValidationError):
        return None


def _write(file: Path, text: str) -> None:
    """Write a file so that it is whole or absent, however the process ends.

    The file is not synced to disk, which would take longer than the query did. A file that a power failure damages is
    not accepted as an entry when it is read, and its movie is fetched again.
    """
    temporary = file.with_name(f"{file.name}.{os.getpid()}.tmp")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(file)
