"""A simulated world: movies, users whose tastes are known and drift, and how they look, choose and rate.

Nobody in it exists and no rating of it was given. Everything follows from a seed, and nothing depends on which lists
users are shown: the same draws meet every policy. All vectors have `FACTORS` numbers:

- A movie has the factors `q = unit(unit(sum of its genres) + unit(its director) + unit(noise))`, so that its metadata
  say something of it and not all, a quality `b ~ N(0, 0.4)` in stars, and the fame `exp(z + b)`, `z ~ N(0, 1)`.
- A user arrives with a taste `p = unit(N(0, I))`, which drifts by a random walk on the sphere: a day later it is
  `sqrt(1 - DRIFT^2) p + DRIFT t` with a random direction t of length 1 at right angles to p. After n days the cosine of
  a taste with what it was is `(1 - DRIFT^2)^(n / 2)` on average.
- True stars are `MEAN_STARS + m + b + STRENGTH p q`, clipped to the scale, with the mildness of the user
  `m ~ N(0, 0.3)`. Given stars are the true ones with noise `N(0, 0.5)`, rounded to halves.
- The place k of a list is looked at with probability `k^-POSITION_BIAS` (the position-based model of Joachims,
  Swaminathan & Schnabel 2017, Unbiased Learning-to-Rank with Biased Feedback), and what is looked at is rated with
  probability `sigmoid((true stars - CHOSEN_STARS) / CHOICE_SCALE)`: users mostly see what they expect to like.
- Who chooses freely draws movies without a list, with probabilities in proportion to `fame exp(true stars /
  CHOICE_SCALE)`, one after the other, by the Gumbel-top-k trick (Kool, van Hoof & Welling 2019).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recsvc.datasets.dataset import Dataset, Ratings
from recsvc.datasets.ratings import ratings_table
from recsvc.errors import ConfigurationError
from recsvc.types import MAX_STARS, MIN_STARS, BoolMovies, Movie, Rows

Floats = NDArray[np.float64]

NAME = "simulated"
NOTICE = "The movies, users and ratings of this dataset are simulated: nobody gave them."
START = 1_767_225_600
"""The first day, 2026-01-01, in seconds since 1970; the earlier ratings are of the year before."""
DAY_SECONDS, EARLIER_DAYS = 86_400, 365
FACTORS = 8
FIRST_MOVIES, NEW_MOVIES_A_DAY = 1500, 5
EARLIER_USERS, EARLIER_RATINGS = 1000, 50
"""The users of the dataset, and how many ratings they have on average; with a tenth of these at least."""
DIRECTORS = 300
MEAN_STARS, STRENGTH = 2.8, 2.0
QUALITY, MILDNESS, NOISE = 0.4, 0.3, 0.5
"""Standard deviations in stars."""
DRIFT = 0.12
POSITION_BIAS = 1.0
CHOSEN_STARS, CHOICE_SCALE = 3.5, 0.5
ACTIVITY = (0.1, 0.4)
"""The range of the share of days on which a user comes back."""
ONBOARDING, OF_MOST_RATED = 5, 50
"""How many ratings a user gives on arriving, and among how many of the most rated movies."""
# fmt: off
GENRES = ("Action", "Adventure", "Animation", "Children", "Comedy", "Crime", "Drama", "Fantasy", "Horror", "Romance",
          "Sci-Fi", "Thriller")
# fmt: on


@dataclass(frozen=True, slots=True)
class World:
    """Movies in the order in which they appear, and users in the order in which they arrive.

    `appears` int64 (n_movies,) and `arrives` int64 (n_users,) are days from 0. `factors` float64 (n_movies, FACTORS),
    `quality` and `log_fame` float64 (n_movies,), `tastes` float64 (n_users, days, FACTORS), `mildness` float64
    (n_users,), `noise` float64 (n_users, n_movies) in stars, `active` bool (n_users, days). `base` has the ratings of
    the earlier users, and the movies that are there on the first day. The movie at row r has the id r + 1 always, so
    that every catalogue is the beginning of the next.
    """

    seed: int
    base: Dataset
    movies: tuple[Movie, ...]
    appears: NDArray[np.int64]
    factors: Floats
    quality: Floats
    log_fame: Floats
    arrives: NDArray[np.int64]
    tastes: Floats
    mildness: Floats
    noise: Floats
    active: NDArray[np.bool_]

    @property
    def days(self) -> int:
        """The number of days."""
        return int(self.active.shape[1])

    def there(self, day: int) -> int:
        """Return how many movies have appeared by a day."""
        return int(np.searchsorted(self.appears, day, side="right"))

    def true_stars(self, user: int, day: int) -> Floats:
        """Return what every movie truly is worth to a user on a day, in stars (n_movies,)."""
        return _true_stars(self.tastes[user, day], self.mildness[user], self.factors, self.quality)

    def given_stars(self, user: int, day: int, rows: Rows) -> Floats:
        """Return the stars that a user gives to some movies (n,) on a day, in halves."""
        return _halves(self.true_stars(user, day)[rows] + self.noise[user, rows])

    def rng(self, user: int, day: int) -> np.random.Generator:
        """Return what the user's visit of a day is drawn by, the same for every policy."""
        return np.random.default_rng([self.seed, user, day])

    def onboarding(self, user: int, rng: np.random.Generator) -> Rows:
        """Return the movies (ONBOARDING,) that a user rates on arriving, chosen freely among the most rated ones."""
        counts = np.bincount(self.base.ratings.movie_ids - 1, minlength=len(self.movies))
        most_rated = np.zeros(len(self.movies), np.bool_)
        most_rated[np.argsort(-counts, kind="stable")[:OF_MOST_RATED]] = True
        stars = self.true_stars(user, int(self.arrives[user]))
        return chosen_freely(stars, self.log_fame, most_rated, ONBOARDING, rng)


def make_world(*, users: int, days: int, seed: int) -> World:
    """Return the world of a seed, with so many users who arrive evenly over so many days.

    Raises:
        ConfigurationError: There are fewer users than days, so that nobody would arrive on some.
    """
    if users < days:
        raise ConfigurationError(f"{users} users cannot arrive on each of {days} days")
    rng = np.random.default_rng(seed)
    appears = np.concatenate(
        [np.zeros(FIRST_MOVIES, np.int64), np.repeat(np.arange(1, days, dtype=np.int64), NEW_MOVIES_A_DAY)]
    )
    movies, factors = _movies(len(appears), rng)
    quality = rng.normal(0, QUALITY, len(appears))
    log_fame = rng.normal(0, 1, len(appears)) + quality
    arrives = np.arange(users, dtype=np.int64) * days // users
    own_activity = rng.uniform(*ACTIVITY, users)
    active = rng.random((users, days)) < own_activity[:, None]
    active &= np.arange(days) > arrives[:, None]
    active[np.arange(users), arrives] = True
    first = slice(FIRST_MOVIES)
    ratings = _earlier_ratings(factors[first], quality[first], log_fame[first], rng)
    return World(
        seed,
        Dataset(NAME, ratings, movies[first], simulated=True, notice=NOTICE),
        movies,
        appears,
        factors,
        quality,
        log_fame,
        arrives,
        drifting(_unit(rng.normal(size=(users, FACTORS))), days, rng),
        rng.normal(0, MILDNESS, users),
        rng.normal(0, NOISE, (users, len(appears))),
        active,
    )


def _movies(count: int, rng: np.random.Generator) -> tuple[tuple[Movie, ...], Floats]:
    """Return movies, and their factors (count, FACTORS); a title of one word belongs to no series."""
    of_genres, of_directors = (_unit(rng.normal(size=(many, FACTORS))) for many in (len(GENRES), DIRECTORS))
    movies, factors = [], []
    for number in range(1, count + 1):
        genres = np.sort(rng.choice(len(GENRES), rng.integers(1, 4), replace=False))
        director = int(rng.integers(DIRECTORS))
        parts = np.stack([of_genres[genres].sum(axis=0), of_directors[director], rng.normal(size=FACTORS)])
        factors.append(_unit(_unit(parts).sum(axis=0)))
        movies.append(
            Movie(
                number,
                f"Simulated{number}",
                year=2026 if number > FIRST_MOVIES else 1980 + int(rng.integers(46)),
                genres=tuple(GENRES[genre] for genre in genres),
                directors=(f"Simulated Director {director}",),
            )
        )
    return tuple(movies), np.array(factors)


def _earlier_ratings(factors: Floats, quality: Floats, log_fame: Floats, rng: np.random.Generator) -> Ratings:
    """Return the ratings of the users of the dataset, who chose freely; their tastes did not drift."""
    users, rows, stars = [], [], []
    everything = np.ones(len(quality), np.bool_)
    least = EARLIER_RATINGS // 10
    for user, extra in enumerate(rng.exponential(EARLIER_RATINGS - least, EARLIER_USERS).tolist()):
        true = _true_stars(_unit(rng.normal(size=FACTORS)), rng.normal(0, MILDNESS), factors, quality)
        chosen = chosen_freely(true, log_fame, everything, least + int(extra), rng)
        users.append(np.full(len(chosen), user, np.int32))
        rows.append(chosen)
        stars.append(_halves(true[chosen] + rng.normal(0, NOISE, len(chosen))))
    every_row = np.concatenate(rows)
    return ratings_table(
        [str(user + 1) for user in range(EARLIER_USERS)],
        np.concatenate(users),
        every_row.astype(np.int64) + 1,
        np.concatenate(stars),
        START - rng.integers(1, EARLIER_DAYS * DAY_SECONDS, len(every_row)),
    )


def drifting(tastes: Floats, days: int, rng: np.random.Generator) -> Floats:
    """Return the tastes (n_users, FACTORS) on each day (n_users, days, FACTORS), all of length 1."""
    walk = [tastes]
    for _ in range(days - 1):
        now, step = walk[-1], rng.normal(size=tastes.shape)
        across = _unit(step - (step * now).sum(axis=1, keepdims=True) * now)
        walk.append(_unit(np.sqrt(1 - DRIFT**2) * now + DRIFT * across))
    return np.stack(walk, axis=1)


def looked_at(places: int, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Return at which places of a list a user looks, bool (places,)."""
    return np.asarray(rng.random(places) < np.arange(1, places + 1) ** -POSITION_BIAS)


def rated_of(true_stars: Floats, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Return which of the movies that are looked at a user rates, by their true stars (n,)."""
    return np.asarray(rng.random(len(true_stars)) < 1 / (1 + np.exp((CHOSEN_STARS - true_stars) / CHOICE_SCALE)))


def chosen_freely(
    true_stars: Floats, log_fame: Floats, allowed: BoolMovies, count: int, rng: np.random.Generator
) -> Rows:
    """Return the allowed movies, at most `count`, that a user chooses without a list, in the order of the choice."""
    keys = log_fame + true_stars / CHOICE_SCALE + rng.gumbel(size=len(true_stars))
    keys[~allowed] = -np.inf
    return np.argsort(-keys)[: min(count, int(allowed.sum()))].astype(np.int32)


def _true_stars(taste: Floats, mildness: float, factors: Floats, quality: Floats) -> Floats:
    return np.clip(MEAN_STARS + mildness + quality + STRENGTH * (factors @ taste), MIN_STARS, MAX_STARS)


def _halves(stars: Floats) -> Floats:
    return np.clip(np.round(2 * stars) / 2, MIN_STARS, MAX_STARS)


def _unit(vectors: Floats) -> Floats:
    """Return vectors (..., n) with the length 1."""
    return np.asarray(vectors / np.linalg.norm(vectors, axis=-1, keepdims=True))
