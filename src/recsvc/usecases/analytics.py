"""Analytics: what users did with recommended movies, as rates with intervals by version, strategy and rank."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from recsvc.engine.strategies import Strategy
from recsvc.storage import analytics
from recsvc.storage.analytics import Day, Dimension, Exposures, FeedbackCounts, MovieCounts, Period, Totals
from recsvc.storage.database import Database, ReadTransaction
from recsvc.usecases.deployment import Deployment
from recsvc.usecases.intervals import Rate, Shown, difference, wilson

TOP_MOVIES = 20
ANALYSIS_SECONDS = 30.0
"""How long the database may take, which reads whole tables for this."""
_NOTHING_SHOWN = Exposures(0, 0, 0, 0)
_NO_FEEDBACK = FeedbackCounts(0, 0, 0, None)


class Rates(NamedTuple):
    """What users did with the movies that one version, strategy or rank recommended."""

    key: str
    shown: Exposures
    feedback_counts: FeedbackCounts

    @property
    def click_rate(self) -> Rate | None:
        """The share of shown movies that were clicked; None if none was shown."""
        return wilson(self.shown.clicked_of_shown, self.shown.shown)

    @property
    def like_rate(self) -> Rate | None:
        """The share of shown movies that are liked; None if none was shown."""
        return wilson(self.shown.liked_of_shown, self.shown.shown)


class Comparison(NamedTuple):
    """The rates of a challenger less those of production, with intervals over users."""

    production: str
    challenger: str
    weight: float
    like_rate: Rate | None
    click_rate: Rate | None


@dataclass(frozen=True, slots=True)
class Analytics:
    """The figures of the days from `first` to `last`; `shown_movies` counts movies of the catalogue in production."""

    first: date
    last: date
    totals: Totals
    shown_movies: int
    days: dict[date, Day]
    rates: Mapping[Dimension, Sequence[Rates]]
    top_movies: Sequence[MovieCounts]
    comparison: Comparison | None


async def analyse(deployment: Deployment, database: Database, *, days: int) -> Analytics:
    """Compute the figures of the last `days` days, today included, in UTC."""
    last = datetime.now(UTC).date()
    first = last - timedelta(days=days - 1)
    catalogue = deployment.production.catalogue
    period = Period(deployment.catalogue, datetime.combine(first, time(), UTC))
    async with database.read(seconds=ANALYSIS_SECONDS) as transaction:
        counted = await analytics.days(transaction, period)
        rates = {}
        for by in Dimension:
            shown, feedback_counts = (
                await analytics.exposures(transaction, period, by),
                await analytics.feedback_counts(transaction, period, by),
            )
            rates[by] = [
                Rates(str(key), shown.get(key, _NOTHING_SHOWN), feedback_counts.get(key, _NO_FEEDBACK))
                for key in sorted({*shown, *feedback_counts}, key=lambda key: (str(type(key)), key))
            ]
        return Analytics(
            first,
            last,
            await analytics.totals(transaction, period),
            sum(movie_id in catalogue for movie_id in await analytics.shown_movies(transaction, period)),
            {day: counted.get(day, Day(0, 0, 0, 0)) for day in (first + timedelta(days=at) for at in range(days))},
            rates,
            await analytics.top_movies(transaction, period, TOP_MOVIES),
            await _compare(transaction, deployment, period),
        )


async def _compare(transaction: ReadTransaction, deployment: Deployment, period: Period) -> Comparison | None:
    """Compare a challenger with production since the challenge began, over the users whom each of them answers now.

    Popular lists are left out: unknown users get those of production, whichever version answers them once they have
    ratings.
    """
    if deployment.challenge is None:
        return None
    before, after = deployment.production.manifest.version, deployment.challenge.version
    of_challenge = period._replace(since=max(period.since, deployment.challenge.since))
    liked: dict[str, list[Shown]] = {before: [], after: []}
    clicked: dict[str, list[Shown]] = {before: [], after: []}
    for user_id, version, counts in await analytics.personal_exposures(
        transaction, of_challenge, (before, after), but=Strategy.POPULAR.value
    ):
        if counts.shown and deployment.for_user(user_id).manifest.version == version:
            liked[version].append(Shown(counts.shown, counts.liked_of_shown))
            clicked[version].append(Shown(counts.shown, counts.clicked_of_shown))
    return Comparison(
        before,
        after,
        deployment.challenge.weight,
        difference(liked[before], liked[after]),
        difference(clicked[before], clicked[after]),
    )
