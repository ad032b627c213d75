"""The movies of a version as columns for filtering and as records for display."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cached_property, lru_cache
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter

from recsvc.datasets.titles import normalise
from recsvc.features.blob import Blob
from recsvc.features.credits import Credits
from recsvc.features.interactions import Interactions
from recsvc.features.metadata import UNKNOWN_YEAR, genre_matrix, genre_names, years
from recsvc.features.vocabulary import Vocabulary
from recsvc.types import Array, BoolMovies, Movie, MovieId, Rows, State, known_fields

RECORDS_KEPT = 20_000


class Catalogue:
    """All movies of a version, one per row.

    `years` int16 (n_movies,), 0 if unknown; `genres` the names of all genres, `genre_flags` bool (n_genres, n_movies);
    `rating_counts` and `vote_counts` int64 (n_movies,), the latter TMDB's; `fame` float64 (n_movies,) the number of
    ratings, with ties broken by votes; `mean_stars` float32 (n_movies,), NaN without a rating; `canonical` int32
    (n_movies,) the row that represents the movie in lists, which is another row if the catalogue has the same movie
    twice; `is_canonical` bool (n_movies,) whether a row represents itself. `directors` and `actors` have the
    movies of each name.
    """

    kind: ClassVar[str] = "movies"

    def __init__(
        self,
        ids: NDArray[np.int64],
        years: NDArray[np.int16],
        genres: tuple[str, ...],
        genre_flags: NDArray[np.bool_],
        *,
        rating_counts: NDArray[np.int64],
        vote_counts: NDArray[np.int64],
        mean_stars: NDArray[np.float32],
        canonical: Rows,
        directors: Credits,
        actors: Credits,
        records: Blob,
    ) -> None:
        self.vocabulary = Vocabulary(ids)
        self.years = years
        self.genres = genres
        self.genre_flags = genre_flags
        self.rating_counts = rating_counts
        self.vote_counts = vote_counts
        self.fame = rating_counts + vote_counts / (vote_counts.max(initial=0) + 1)
        self.mean_stars = mean_stars
        self.canonical = canonical
        self.is_canonical: BoolMovies = canonical == np.arange(len(ids))
        self.directors = directors
        self.actors = actors
        self._records = records
        self.movie = lru_cache(maxsize=RECORDS_KEPT)(self._movie)

    @classmethod
    def of(cls, movies: Sequence[Movie], interactions: Interactions) -> Self:
        """Build the catalogue from movies in the order of their ids."""
        counts = interactions.counts()
        total = np.bincount(interactions.rows, interactions.stars, minlength=len(movies))
        with np.errstate(invalid="ignore"):
            mean = (total / counts).astype(np.float32)
        directors, actors = _credits(movies)
        return cls(
            np.array([movie.movie_id for movie in movies], np.int64),
            years(movies),
            genre_names(movies),
            genre_matrix(movies),
            rating_counts=counts,
            vote_counts=np.array([movie.vote_count or 0 for movie in movies], np.int64),
            mean_stars=mean,
            canonical=canonical_rows(movies, counts),
            directors=directors,
            actors=actors,
            records=Blob.of(_to_json(movie) for movie in movies),
        )

    def __len__(self) -> int:
        return len(self.vocabulary)

    def __contains__(self, movie_id: MovieId) -> bool:
        return self.vocabulary.row(movie_id) is not None

    def _movie(self, row: int) -> Movie:
        return _MOVIE.validate_json(self._records[row])

    def title(self, movie_id: MovieId) -> str | None:
        """Return the title of a movie; None if it is not in the catalogue."""
        row = self.vocabulary.row(movie_id)
        return None if row is None else self.movie(row).title

    @property
    def median_year(self) -> int | None:
        """The median release year, at which the era "new" begins; None if no year is known."""
        known = self.years[self.years != UNKNOWN_YEAR]
        return int(np.median(known)) if len(known) else None

    @cached_property
    def newest_from(self) -> int | None:
        """The release year from which on movies are the newest tenth, or a little more; None if no year is known."""
        known = self.years[self.years != UNKNOWN_YEAR]
        return int(np.quantile(known, 0.9, method="lower")) if len(known) else None

    def with_genres(self, names: Sequence[str]) -> BoolMovies:
        """Return which movies have at least one of these genres: bool (n_movies,)."""
        return np.asarray(self.genre_flags[[self.genres.index(name) for name in names]].any(axis=0))

    def genre_counts(self) -> dict[str, int]:
        """Return how many movies each genre has, by name; a movie that is there twice counts once."""
        counts = (self.genre_flags & self.is_canonical).sum(axis=1)
        return dict(zip(self.genres, counts.tolist(), strict=True))

    def state(self) -> State:
        """Return the columns, and the records as a blob of JSON."""
        columns: dict[str, Array] = {
            "ids": self.vocabulary.ids,
            "years": self.years,
            "genre_flags": self.genre_flags,
            "rating_counts": self.rating_counts,
            "vote_counts": self.vote_counts,
            "mean_stars": self.mean_stars,
            "canonical": self.canonical,
        }
        credited = {**self.directors.arrays("directors"), **self.actors.arrays("actors")}
        return State({"genres": list(self.genres)}, {**columns, **credited, **self._records.arrays("records")})

    @classmethod
    def from_state(cls, state: State) -> Self:
        """Rebuild the catalogue from its state."""
        arrays = state.arrays
        records = Blob.from_arrays(arrays, "records")
        if "directors_rows" in arrays:
            directors, actors = (Credits.from_arrays(arrays, name) for name in ("directors", "actors"))
        else:  # an older version
            directors, actors = _credits([_MOVIE.validate_json(records[row]) for row in range(len(records))])
        return cls(
            arrays["ids"],
            arrays["years"],
            tuple(state.config["genres"]),
            arrays["genre_flags"],
            rating_counts=arrays["rating_counts"],
            vote_counts=arrays.get("vote_counts", np.zeros_like(arrays["rating_counts"])),  # not in older versions
            mean_stars=arrays["mean_stars"],
            canonical=arrays["canonical"],
            directors=directors,
            actors=actors,
            records=records,
        )


def canonical_rows(movies: Sequence[Movie], counts: NDArray[np.int64]) -> Rows:
    """Return the row that represents each movie in lists: int32 (n_movies,).

    Movies with the same normalised title and the same year are represented by the one with the most ratings; if these
    are equal, by the one with the lowest row. A movie without a year represents itself.
    """
    best: dict[tuple[str, int], int] = {}
    for row, movie in enumerate(movies):
        if movie.year is not None:
            key = (normalise(movie.title), movie.year)
            if key not in best or counts[row] > counts[best[key]]:
                best[key] = row
    rows = [row if movie.year is None else best[normalise(movie.title), movie.year] for row, movie in enumerate(movies)]
    return np.array(rows, np.int32)


def _credits(movies: Sequence[Movie]) -> tuple[Credits, Credits]:
    """Return the movies of each director and of each actor."""
    return Credits.of(movie.directors for movie in movies), Credits.of(movie.cast for movie in movies)


_MOVIE = TypeAdapter(Movie)


def _to_json(movie: Movie) -> str:
    return json.dumps(known_fields(movie), ensure_ascii=False, separators=(",", ":"))
