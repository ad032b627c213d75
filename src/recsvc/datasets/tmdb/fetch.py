"""Fetching what TMDB says of all movies of a dataset: only what is not kept yet, a few at a time."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

import numpy as np

from recsvc.datasets.tables import Dataset
from recsvc.datasets.tmdb.api import TmdbApi, UnansweredError
from recsvc.datasets.tmdb.cache import MatchEntry, MovieEntry, TmdbCache
from recsvc.datasets.tmdb.match import find
from recsvc.datasets.tmdb.movie import named
from recsvc.errors import ConfigurationError, DownloadError
from recsvc.types import Movie

MAX_AGE_DAYS = 180
"""TMDB's terms allow to keep its data for six months."""
AT_ONCE = 8
GIVE_UP_AFTER = 3

REMOVED = "TMDB has no movie by its id (any more)"
NOT_FETCHED = "not fetched yet"

Progress: TypeAlias = Callable[[int, int], None]
"""Called with how many movies of this run are done and how many there are."""


@dataclass(frozen=True, slots=True)
class FetchReport:
    """How many movies of the dataset have TMDB data now, and why the others have none.

    `asked` counts the movies of this run. `removed`: TMDB does not have them (any more); `unmatched`: no TMDB movie was
    found by title and year; `left`: not asked for, because of the limit or because the run was cut short.
    """

    movies: int
    kept: int
    asked: int
    removed: int
    unmatched: int
    left: int


def fetch(
    dataset: Dataset,
    cache: TmdbCache,
    api: TmdbApi,
    *,
    limit: int | None = None,
    max_age_days: float = MAX_AGE_DAYS,
    progress: Progress = lambda _done, _total: None,
) -> FetchReport:
    """Fetch what is not kept or is older than `max_age_days`, the most rated movies first, at most `limit` of them.

    The list of movies without TMDB data is written however the run ends.

    Raises:
        DownloadError: TMDB could not be reached, or some movies got no usable answer; says how much is kept.
        ConfigurationError: TMDB does not accept the key.
        OSError: the folder cannot be written.
    """
    cache.create()
    run = _Run(cache, api, datetime.now(UTC) - timedelta(days=max_age_days))
    pending = [movie for movie in _most_rated_first(dataset) if not run.is_fresh(movie)][:limit]
    trouble: DownloadError | ConfigurationError | None = None
    try:
        asyncio.run(run.over(pending, progress))
    except (DownloadError, ConfigurationError) as error:
        trouble = error
    finally:
        report = _take_stock(dataset, cache, run.done)
    kept = f"{report.kept:,} of {report.movies:,} movies are kept, and running it again goes on from there"
    if trouble is not None:
        raise type(trouble)(f"{trouble}; {kept}")
    if run.unanswered:
        count = len(run.unanswered)
        raise DownloadError(f"no usable answer about {count} movies, the first: {run.unanswered[0]}; {kept}")
    return report


class _Run:
    """One run over movies that are not kept, and what became of it."""

    def __init__(self, cache: TmdbCache, api: TmdbApi, oldest: datetime) -> None:
        self.done = 0
        self.unanswered: list[UnansweredError] = []
        self._cache = cache
        self._api = api
        self._oldest = oldest
        self._in_a_row = 0

    def is_fresh(self, movie: Movie) -> bool:
        """Tell whether nothing needs to be asked about a movie."""
        tmdb_id = movie.tmdb_id
        if tmdb_id is None:
            match = self._cache.match(named(movie))
            if match is None or match.asked_at < self._oldest:
                return False
            if match.tmdb_id is None:
                return True
            tmdb_id = match.tmdb_id
        return self._holds(tmdb_id)

    async def over(self, pending: list[Movie], progress: Progress) -> None:
        """Ask about all of them, a few at a time."""
        movies = iter(pending)
        async with self._api:
            try:
                async with asyncio.TaskGroup() as group:
                    for _ in range(min(AT_ONCE, len(pending))):
                        group.create_task(self._work(movies, len(pending), progress))
            except BaseExceptionGroup as errors:
                raise errors.exceptions[0] from None

    async def _work(self, movies: Iterator[Movie], total: int, progress: Progress) -> None:
        for movie in movies:
            try:
                await self._ask(movie)
                self._in_a_row = 0
            except UnansweredError as error:
                self.unanswered.append(error)
                self._in_a_row += 1
                if self._in_a_row >= GIVE_UP_AFTER:
                    raise
            self.done += 1
            progress(self.done, total)

    async def _ask(self, movie: Movie) -> None:
        tmdb_id = movie.tmdb_id
        if tmdb_id is None:
            tmdb_id = await self._look_up(movie)
        if tmdb_id is not None and not self._holds(tmdb_id):
            details = await self._api.details(tmdb_id)
            self._cache.keep_movie(MovieEntry(asked_at=datetime.now(UTC), tmdb_id=tmdb_id, movie=details))

    async def _look_up(self, movie: Movie) -> int | None:
        kept = self._cache.match(named(movie))
        if kept is not None and kept.asked_at >= self._oldest:
            return kept.tmdb_id
        match = await find(self._api, movie)
        self._cache.keep_match(
            MatchEntry(
                asked_at=datetime.now(UTC),
                movie_id=movie.movie_id,
                title=movie.title,
                year=movie.year,
                tmdb_id=match.tmdb_id,
                why=match.why,
            )
        )
        return match.tmdb_id

    def _holds(self, tmdb_id: int) -> bool:
        entry = self._cache.movie(tmdb_id)
        return entry is not None and entry.asked_at >= self._oldest


def _most_rated_first(dataset: Dataset) -> list[Movie]:
    ids, counts = np.unique(dataset.ratings.movie_ids, return_counts=True)
    rated = dict(zip(ids.tolist(), counts.tolist(), strict=True))
    return sorted(dataset.movies, key=lambda movie: (-rated.get(movie.movie_id, 0), movie.movie_id))


def _take_stock(dataset: Dataset, cache: TmdbCache, asked: int) -> FetchReport:
    """Count what is kept, and write which movies have nothing and why."""
    why = {movie.movie_id: _why_missing(movie, cache) for movie in dataset.movies}
    cache.write_missing((m.movie_id, m.title, m.year, told) for m in dataset.movies if (told := why[m.movie_id]))
    reasons = Counter(why.values())
    removed, left, kept = reasons[REMOVED], reasons[NOT_FETCHED], reasons[""]
    movies = len(dataset.movies)
    return FetchReport(movies, kept, asked, removed, movies - kept - removed - left, left)


def _why_missing(movie: Movie, cache: TmdbCache) -> str:
    tmdb_id = movie.tmdb_id
    if tmdb_id is None:
        match = cache.match(named(movie))
        if match is None or match.tmdb_id is None:
            return NOT_FETCHED if match is None else match.why
        tmdb_id = match.tmdb_id
    entry = cache.movie(tmdb_id)
    if entry is None:
        return NOT_FETCHED
    return REMOVED if entry.movie is None else ""
