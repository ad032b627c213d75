"""What people did with what was recommended: rates with intervals, by version, strategy and rank."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from statistics import NormalDist
from typing import NamedTuple

from recsvc.storage import analytics
from recsvc.storage.analytics import Day, Dimension, Exposures, FilmCounts, Opinions, Sums, Totals
from recsvc.storage.database import Database
from recsvc.usecases.serving import Lineup

TOP_FILMS = 20
_Z = NormalDist().inv_cdf(0.975)
_NOTHING_SHOWN = Exposures(0, 0, 0, 0)
_NOTHING_SAID = Opinions(0, 0, 0, None)


class Rate(NamedTuple):
    """A share with its 95 % interval."""

    value: float
    low: float
    high: float


class Rates(NamedTuple):
    """What became of the films of one version, strategy or rank."""

    key: str
    shown: Exposures
    said: Opinions

    @property
    def click_rate(self) -> Rate | None:
        """How many of the shown were clicked; None where nothing was shown."""
        return wilson(self.shown.clicked_of_shown, self.shown.shown)

    @property
    def like_rate(self) -> Rate | None:
        """How many of the shown are liked; None where nothing was shown."""
        return wilson(self.shown.liked_of_shown, self.shown.shown)


class Comparison(NamedTuple):
    """A challenger against what is in production: its rates less those, with intervals over people."""

    production: str
    challenger: str
    weight: float
    like_rate: Rate | None
    click_rate: Rate | None


@dataclass(frozen=True, slots=True)
class Analytics:
    """All that is told of the days from `first` to `last`; `shown_films` counts those that are in the catalogue."""

    first: date
    last: date
    totals: Totals
    shown_films: int
    days: dict[date, Day]
    rates: Mapping[Dimension, Sequence[Rates]]
    top_films: Sequence[FilmCounts]
    comparison: Comparison | None


async def analyse(lineup: Lineup, database: Database, *, days: int) -> Analytics:
    """Look at the last so many days, today included; days are those of UTC."""
    last = datetime.now(UTC).date()
    first = last - timedelta(days=days - 1)
    find = lineup.engine.catalogue.vocabulary.row
    since = datetime.combine(first, time(), UTC)
    async with database.read() as session:
        counted = await analytics.days(session, since)
        rates = {}
        for by in Dimension:
            shown, said = await analytics.exposures(session, since, by), await analytics.opinions(session, since, by)
            rates[by] = [
                Rates(str(key), shown.get(key, _NOTHING_SHOWN), said.get(key, _NOTHING_SAID))
                for key in sorted({*shown, *said}, key=lambda key: (str(type(key)), key))
            ]
        comparison = None
        if lineup.challenger is not None:
            names = lineup.engine.manifest.version, lineup.challenger.manifest.version
            differences = []
            for hit in ("liked_of_shown", "clicked_of_shown"):
                sums = await analytics.sums_by_version(session, since, hit)
                differences.append(difference(sums.get(names[0]), sums.get(names[1])))
            comparison = Comparison(*names, lineup.weight, *differences)
        return Analytics(
            first,
            last,
            await analytics.totals(session, since),
            sum(find(movie_id) is not None for movie_id in await analytics.shown_films(session, since)),
            {day: counted.get(day, Day(0, 0, 0, 0)) for day in (first + timedelta(days=at) for at in range(days))},
            rates,
            await analytics.top_films(session, since, TOP_FILMS),
            comparison,
        )


def wilson(hits: int, n: int) -> Rate | None:
    """The share of hits with Wilson's score interval (Wilson 1927); None for n = 0."""
    if not n:
        return None
    share = hits / n
    middle = (share + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
    half = _Z / (1 + _Z**2 / n) * math.sqrt(share * (1 - share) / n + _Z**2 / (4 * n**2))
    # The share is within its interval, whatever the last digits say.
    return Rate(share, max(0.0, min(share, middle - half)), min(1.0, max(share, middle + half)))


def difference(before: Sums | None, after: Sums | None) -> Rate | None:
    """How much higher the share of hits is after than before, with an interval over people.

    A person's films are not independent of each other, so that people are what is drawn: the share is a ratio of sums
    over people, x over n, with the linearised variance of a ratio, p / (p - 1) * sum((x - share * n)^2) / sum(n)^2 for
    p people (Cochran 1977, *Sampling Techniques*, chapter 6). None where a side has fewer than two people.
    """
    if before is None or after is None or min(before.people, after.people) < 2:
        return None
    value = after.x / after.n - before.x / before.n
    half = _Z * math.sqrt(_variance(before) + _variance(after))
    return Rate(value, value - half, value + half)


def _variance(sums: Sums) -> float:
    share = sums.x / sums.n
    squares = sums.xx - 2 * share * sums.nx + share**2 * sums.nn
    return sums.people / (sums.people - 1) * max(squares, 0.0) / sums.n**2
