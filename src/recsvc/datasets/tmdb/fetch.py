"""Fetch the TMDB data of all movies of a dataset that are not in the cache yet, a few at a time."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

import numpy as np

from recsvc.datasets.dataset import Dataset
from recsvc.datasets.tmdb.api import TmdbApi, UnansweredError
from recsvc.datasets.tmdb.cache import MatchEntry, MovieEntry, TmdbCache
from recsvc.datasets.tmdb.match import find
from recsvc.datasets.tmdb.movie import movie_key
from recsvc.errors import ConfigurationError, DownloadError
from recsvc.types import Movie

MAX_AGE_DAYS = 180
"""TMDB's terms allow its data to be kept for six months."""
AT_ONCE = 8
"""How many movies are fetched at the same time."""
GIVE_UP_AFTER = 3
"""After this many movies without a usable answer in a row, the run ends."""

REMOVED = "TMDB has no movie by its id (any more)"
NOT_FETCHED = "not fetched yet"

Progress: TypeAlias = Callable[[int, int], None]
"""Called with the number of movies that are done and the number of all movies of the run."""


@dataclass(frozen=True, slots=True)
class FetchReport:
    """How many movies of the dataset have TMDB data after a run, and why the others have none.

    `kept` counts the movies with data, and `asked` the movies that were processed in this run. Of the others, TMDB does
    not have the `removed` ones (any more), a search by title and year did not find the `unmatched` ones, and the `left`
    ones were not fetched, because of the limit or because the run ended early.
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
    """Fetch the movies that are not in the cache or older than `max_age_days`, the most rated first, at most `limit`.

    The list of movies without TMDB data is written however the run ends.

    Raises:
        DownloadError: TMDB cannot be reached, or there was no usable answer about some movies. The message contains how
            many movies are kept.
        ConfigurationError: TMDB does not accept the key.
        OSError: the folder cannot be written.
    """
    cache.create()
    run = _Run(cache, api, datetime.now(UTC) - timedelta(days=max_age_days))
    pending = [movie for movie in _most_rated_first(dataset) if not run.is_fresh(movie)][:limit]
    error: DownloadError | ConfigurationError | None = None
    try:
        asyncio.run(run.over(pending, progress))
    except (DownloadError, ConfigurationError) as caught:
        error = caught
    finally:
        report = _report(dataset, cache, run.done)
    kept = f"{report.kept:,} of {report.movies:,} movies are kept, and running it again goes on from there"
    if error is not None:
        raise type(error)(f"{error}; {kept}")
    if run.unanswered:
        count = len(run.unanswered)
        raise DownloadError(f"no usable answer about {count} movies, the first: {run.unanswered[0]}; {kept}")
    return report


class _Run:
    """One run over the movies that are to be fetched, and its results."""

    def __init__(self, cache: TmdbCache, api: TmdbApi, oldest: datetime) -> None:
        self.done = 0
        self.unanswered: list[UnansweredError] = []
        self._cache = cache
        self._api = api
        self._oldest = oldest
        self._unanswered_in_a_row = 0

    def is_fresh(self, movie: Movie) -> bool:
        """Return whether nothing has to be fetched for a movie."""
        tmdb_id = movie.tmdb_id
        if tmdb_id is None:
            match = self._cache.match(movie_key(movie))
            if match is None or match.asked_at < self._oldest:
                return False
            if match.tmdb_id is None:
                return True
            tmdb_id = match.tmdb_id
        return self._has_details(tmdb_id)

    async def over(self, pending: list[Movie], progress: Progress) -> None:
        """Fetch all these movies, a few at a time."""
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
                await self._fetch(movie)
                self._unanswered_in_a_row = 0
            except UnansweredError as error:
                self.unanswered.append(error)
                self._unanswered_in_a_row += 1
                if self._unanswered_in_a_row >= GIVE_UP_AFTER:
                    raise
            self.done += 1
            progress(self.done, total)

    async def _fetch(self, movie: Movie) -> None:
        tmdb_id = movie.tmdb_id
        if tmdb_id is None:
            tmdb_id = await self._look_up(movie)
        if tmdb_id is not None and not self._has_details(tmdb_id):
            details = await self._api.details(tmdb_id)
            self._cache.keep_movie(MovieEntry(asked_at=datetime.now(UTC), tmdb_id=tmdb_id, movie=details))

    async def _look_up(self, movie: Movie) -> int | None:
        entry = self._cache.match(movie_key(movie))
        if entry is not None and entry.asked_at >= self._oldest:
            return entry.tmdb_id
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

    def _has_details(self, tmdb_id: int) -> bool:
        entry = self._cache.movie(tmdb_id)
        return entry is not None and entry.asked_at >= self._oldest


def _most_rated_first(dataset: Dataset) -> list[Movie]:
    ids, counts = np.unique(dataset.ratings.movie_ids, return_counts=True)
    count_of = dict(zip(ids.tolist(), counts.tolist(), strict=True))
    return sorted(dataset.movies, key=lambda movie: (-count_of.get(movie.movie_id, 0), movie.movie_id))


def _report(dataset: Dataset, cache: TmdbCache, asked: int) -> FetchReport:
    """Count the movies with data, and write the list of those without data."""
    reasons = [_why_missing(movie, cache) for movie in dataset.movies]
    cache.write_missing(
        (movie.movie_id, movie.title, movie.year, reason)
        for movie, reason in zip(dataset.movies, reasons, strict=True)
        if reason
    )
    counts = Counter(reasons)
    removed, left, kept = counts[REMOVED], counts[NOT_FETCHED], counts[""]
    movies = len(dataset.movies)
    return FetchReport(movies, kept, asked, removed, movies - kept - removed - left, left)


def _why_missing(movie: Movie, cache: TmdbCache) -> str:
    """Return why a movie has no TMDB data; empty if it has."""
    tmdb_id = movie.tmdb_id
    if tmdb_id is None:
        match = cache.match(movie_key(movie))
        if match is None or match.tmdb_id is None:
            return NOT_FETCHED if match is None else match.why
        tmdb_id = match.tmdb_id
    entry = cache.movie(tmdb_id)
    if entry is None:
        return NOT_FETCHED
    return REMOVED if entry.movie is None else ""
