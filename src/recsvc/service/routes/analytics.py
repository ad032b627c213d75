"""Analytics, for who holds the admin key."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query

from recsvc.service.access import Admin
from recsvc.service.deps import ContextDep
from recsvc.service.problems import document
from recsvc.service.schemas.analytics import (
    AnalyticsQuery,
    AnalyticsReport,
    Coverage,
    DayCounts,
    RatesBy,
    Share,
    TopMovie,
    VersionComparison,
)
from recsvc.storage.analytics import Dimension
from recsvc.usecases.analytics import Comparison, Rates, analyse
from recsvc.usecases.intervals import Rate

router = APIRouter(tags=["models"])


def _share(rate: Rate | None) -> Share | None:
    return None if rate is None else Share(value=rate.value, low=rate.low, high=rate.high)


def _rates(rows: Sequence[Rates]) -> list[RatesBy]:
    return [
        RatesBy(
            key=row.key,
            shown=row.shown.shown,
            clicked=row.shown.clicked,
            **row.feedback_counts._asdict(),
            click_rate=_share(row.click_rate),
            like_rate=_share(row.like_rate),
        )
        for row in rows
    ]


def _comparison(found: Comparison | None) -> VersionComparison | None:
    if found is None:
        return None
    return VersionComparison(
        production=found.production,
        challenger=found.challenger,
        weight=found.weight,
        like_rate_difference=_share(found.like_rate),
        click_rate_difference=_share(found.click_rate),
    )


@router.get(
    "/analytics",
    summary="What users did with recommended movies",
    dependencies=[Admin],
    responses=document(401, 403),
)
async def analytics(context: ContextDep, query: Annotated[AnalyticsQuery, Query()]) -> AnalyticsReport:
    """Feedback, users and events by day; rates by version, strategy and rank; top movies; coverage; the comparison."""
    found = await analyse(context.deployment, context.database, days=query.days)
    catalogue = context.deployment.production.catalogue
    titles = {movie.movie_id: catalogue.title(movie.movie_id) for movie in found.top_movies}
    movies = len(catalogue.vocabulary)
    return AnalyticsReport(
        first_day=found.first,
        last_day=found.last,
        users=found.totals.users,
        feedback=found.totals.feedback,
        days=[DayCounts(day=day, **counts._asdict()) for day, counts in found.days.items()],
        by_version=_rates(found.rates[Dimension.VERSION]),
        by_strategy=_rates(found.rates[Dimension.STRATEGY]),
        by_rank=_rates(found.rates[Dimension.RANK]),
        top_movies=[TopMovie(title=titles[movie.movie_id], **movie._asdict()) for movie in found.top_movies],
        coverage=Coverage(shown_movies=found.shown_movies, catalogue_movies=movies, share=found.shown_movies / movies),
        comparison=_comparison(found.comparison),
    )
