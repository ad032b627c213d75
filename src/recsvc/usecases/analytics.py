"""What users did with what was recommended: rates with intervals, by version, strategy and rank."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from recsvc.engine.query import Strategy
from recsvc.storage import analytics
from recsvc.storage.analytics import Day, Dimension, Exposures, MovieCounts, Opinions, Totals
from recsvc.storage.database import Database, ReadTransaction
from recsvc.usecases.deployment import Deployment
from recsvc.usecases.intervals import Rate, Shown, difference, wilson

TOP_MOVIES = 20
_NOTHING_SHOWN = Exposures(0, 0, 0, 0)
_NOTHING_SAID = Opinions(0, 0, 0, None)


class Rates(NamedTuple):
    """What became of the movies of one version, strategy or rank."""

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
    """A challenger against what is in production: its rates less those, with intervals over users."""

    production: str
    challenger: str
    weight: float
    like_rate: Rate | None
    click_rate: Rate | None


@dataclass(frozen=True, slots=True)
class Analytics:
    """All that is told of the days from `first` to `last`; `shown_movies` counts those that are in the catalogue."""

    first: date
    last: date
    totals: Totals
    shown_movies: int
    days: dict[date, Day]
    rates: Mapping[Dimension, Sequence[Rates]]
    top_movies: Sequence[MovieCounts]
    comparison: Comparison | None


async def analyse(deployment: Deployment, database: Database, *, days: int) -> Analytics:
    """Look at the last so many days, today included; days are those of UTC."""
    last = datetime.now(UTC).date()
    first = last - timedelta(days=days - 1)
    find = deployment.production.catalogue.vocabulary.row
    since = datetime.combine(first, time(), UTC)
    async with database.read() as transaction:
        counted = await analytics.days(transaction, since)
        rates = {}
        for by in Dimension:
            shown, said = (
                await analytics.exposures(transaction, since, by),
                await analytics.opinions(transaction, since, by),
            )
            rates[by] = [
                Rates(str(key), shown.get(key, _NOTHING_SHOWN), said.get(key, _NOTHING_SAID))
                for key in sorted({*shown, *said}, key=lambda key: (str(type(key)), key))
            ]
        return Analytics(
            first,
            last,
            await analytics.totals(transaction, since),
            sum(find(movie_id) is not None for movie_id in await analytics.shown_movies(transaction, since)),
            {day: counted.get(day, Day(0, 0, 0, 0)) for day in (first + timedelta(days=at) for at in range(days))},
            rates,
            await analytics.top_movies(transaction, since, TOP_MOVIES),
            await _compare(transaction, deployment, since),
        )


async def _compare(transaction: ReadTransaction, deployment: Deployment, since: datetime) -> Comparison | None:
    """Compare a challenger with production, from when the challenge began, by the users who have that side now.

    Popular lists are left out: unknown users get those of production, whichever side they are on once they are known.
    """
    if deployment.challenge is None:
        return None
    before, after = deployment.production.manifest.version, deployment.challenge.version
    liked: dict[str, list[Shown]] = {before: [], after: []}
    clicked: dict[str, list[Shown]] = {before: [], after: []}
    for user_id, version, seen in await analytics.personal_exposures(
        transaction, max(since, deployment.challenge.since), (before, after), but=Strategy.POPULAR.value
    ):
        if seen.shown and deployment.for_user(user_id).manifest.version == version:
            liked[version].append(Shown(seen.shown, seen.liked_of_shown))
            clicked[version].append(Shown(seen.shown, seen.clicked_of_shown))
    return Comparison(
        before,
        after,
        deployment.challenge.weight,
        difference(liked[before], liked[after]),
        difference(clicked[before], clicked[after]),
    )
