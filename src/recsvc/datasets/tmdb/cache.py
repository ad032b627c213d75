"""The folder in which answers of TMDB are kept: one small file a movie.

One file a movie, written beside and renamed into place, because nothing can then be half there: a process that is
killed leaves the movies it has, two that run at once cannot spoil each other's, a damaged file costs one movie, which
is asked for again, and what TMDB has removed is replaced without rewriting the rest. A log of lines would read
faster but has to be repaired, locked and compacted.

    movies/862.json      what TMDB says of the movie 862; null once TMDB says that there is none
    matches/1.json       which TMDB movie the dataset's movie 1 was found to be; null when none was
    missing.csv          the dataset's movies without TMDB data, and why
"""

from __future__ import annotations

import csv
import io
import os
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from recsvc.datasets.tmdb.answer import Details
from recsvc.datasets.tmdb.movie import Named, TmdbMovies
from recsvc.errors import DataError

FOLDER = "tmdb"
"""The folder's name inside that of a dataset."""

_LEFT_BEHIND = 3600.0
_MISSING_COLUMNS = ("movieId", "title", "year", "why")


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    format: Literal[1] = 1
    asked_at: AwareDatetime


class MovieEntry(_Entry):
    """What TMDB answered about one of its movies; `movie` is None when it had none by that id."""

    tmdb_id: int
    movie: Details | None


class MatchEntry(_Entry):
    """What a movie of the dataset was found to be; `tmdb_id` is None when nothing was, and `why` says why."""

    movie_id: int
    title: str
    year: int | None
    tmdb_id: int | None
    why: str = ""

    @property
    def named(self) -> Named:
        """The movie that was looked up."""
        return self.movie_id, self.title, self.year


EntryT = TypeVar("EntryT", bound=_Entry)


class TmdbCache:
    """The kept answers about the movies of one dataset. A file that cannot be understood counts as not there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.missing_file = folder / "missing.csv"
        self._movies = folder / "movies"
        self._matches = folder / "matches"

    def exists(self) -> bool:
        """Tell whether the folder is one of these."""
        return self._movies.is_dir()

    def create(self) -> None:
        """Make the folder where it is not there, and clear away what killed processes left half written."""
        for folder in (self._movies, self._matches):
            folder.mkdir(parents=True, exist_ok=True)
            for left in folder.glob("*.tmp"):
                if time.time() - left.stat().st_mtime > _LEFT_BEHIND:
                    left.unlink(missing_ok=True)

    def movie(self, tmdb_id: int) -> MovieEntry | None:
        """Return what is kept of a TMDB movie; None where that is nothing."""
        entry = _load(MovieEntry, self._movies / f"{tmdb_id}.json")
        return entry if entry is not None and entry.tmdb_id == tmdb_id else None

    def match(self, named: Named) -> MatchEntry | None:
        """Return what a movie was found to be; None where it was not looked up by that title and year."""
        entry = _load(MatchEntry, self._matches / f"{named[0]}.json")
        return entry if entry is not None and entry.named == named else None

    def keep_movie(self, entry: MovieEntry) -> None:
        """Keep an answer about a movie, in place of an older one."""
        _write(self._movies / f"{entry.tmdb_id}.json", entry.model_dump_json())

    def keep_match(self, entry: MatchEntry) -> None:
        """Keep what a movie was found to be, in place of an older finding."""
        _write(self._matches / f"{entry.movie_id}.json", entry.model_dump_json())

    def write_missing(self, rows: Iterable[tuple[int, str, int | None, str]]) -> None:
        """Write which movies have no TMDB data, and why, in place of the older list."""
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows([_MISSING_COLUMNS, *rows])
        _write(self.missing_file, text.getvalue())

    def read(self) -> TmdbMovies:
        """Read everything, in the order of the ids.

        Raises:
            DataError: the folder cannot be read.
        """
        try:
            movies = {e.tmdb_id: e.movie.movie() for e in _all(MovieEntry, self._movies) if e.movie is not None}
            matches = {e.named: e.tmdb_id for e in _all(MatchEntry, self._matches) if e.tmdb_id is not None}
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
    """Write a file that is whole or not there, however the process ends.

    It is not synced to the disk, which would take longer than the question did: what a power failure spoils does
    not pass for an entry when it is read, and is asked for again.
    """
    beside = file.with_name(f"{file.name}.{os.getpid()}.tmp")
    beside.write_text(text, encoding="utf-8")
    beside.replace(file)
