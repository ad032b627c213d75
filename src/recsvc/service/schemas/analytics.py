"""Analytics: what users did with recommended movies."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import Field

from recsvc.service.schemas.fields import MovieField, RequestModel, ResponseModel, VersionField


class AnalyticsQuery(RequestModel):
    """Which days."""

    days: Annotated[int, Field(ge=1, le=366, description="How many days up to today, which counts too (UTC).")] = 30


class Share(ResponseModel):
    """A share, or a difference of two, with its 95 % interval."""

    value: float = Field(description="The share.", examples=[0.12])
    low: float = Field(description="The lower end of its 95 % interval.", examples=[0.1])
    high: float = Field(description="The upper end of its 95 % interval.", examples=[0.15])


class DayCounts(ResponseModel):
    """One day."""

    day: date = Field(description="The day in UTC.")
    feedback: int = Field(description="How much feedback was changed last on that day.")
    active_users: int = Field(description="How many users gave feedback or were shown something.")
    shown: int = Field(description="How many movies were shown, each place once.")
    clicked: int = Field(description="How many of those were clicked.")


class RatesBy(ResponseModel):
    """What users did with the movies that one version, strategy or rank recommended."""

    key: str = Field(description="Which version, strategy or rank.", examples=["hybrid"])
    shown: int = Field(description="How many movies were shown, each user and place once.")
    clicked: int = Field(description="How many were clicked.")
    liked: int = Field(description="How many got a like or 4 stars or more.")
    disliked: int = Field(description="How many got a dislike or 2 stars or fewer.")
    rated: int = Field(description="How many got stars.")
    mean_stars: float | None = Field(description="Their mean; null without any.", examples=[4.1])
    click_rate: Share | None = Field(description="Of the shown movies; null if none was shown.")
    like_rate: Share | None = Field(description="Of the shown movies; null if none was shown.")


class TopMovie(ResponseModel):
    """A movie with much feedback."""

    movie_id: MovieField
    title: str | None = Field(description="null for a movie that has left the catalogue.", examples=["Star Wars"])
    feedback: int = Field(description="How many users gave feedback about it.")
    liked: int = Field(description="How many of them like it.")
    mean_stars: float | None = Field(description="The mean of its stars; null without any.", examples=[4.3])
    shown: int = Field(description="How often it was shown.")
    clicked: int = Field(description="How often it was clicked.")


class Coverage(ResponseModel):
    """How much of the catalogue users were shown."""

    shown_movies: int = Field(description="How many different movies of the catalogue were shown.")
    catalogue_movies: int = Field(description="The number of movies in the catalogue of the version in production.")
    share: float = Field(description="The one over the other.", examples=[0.31])


class VersionComparison(ResponseModel):
    """The rates of the challenger minus those of production, with intervals over users."""

    production: VersionField
    challenger: VersionField
    weight: float = Field(description="The challenger's share of the users.", examples=[0.1])
    like_rate_difference: Share | None = Field(description="null if one of both has fewer than two users.")
    click_rate_difference: Share | None = Field(description="null if one of both has fewer than two users.")


class AnalyticsReport(ResponseModel):
    """What users did in some days."""

    first_day: date = Field(description="The first day.")
    last_day: date = Field(description="The last day: today.")
    users: int = Field(description="How many users gave feedback.")
    feedback: int = Field(description="How much feedback they gave.")
    days: list[DayCounts] = Field(description="Every day, also those on which nothing happened.")
    by_version: list[RatesBy] = Field(description="By the version that recommended.")
    by_strategy: list[RatesBy] = Field(description="By the strategy that recommended.")
    by_rank: list[RatesBy] = Field(description="By the place in the list.")
    top_movies: list[TopMovie] = Field(description="The movies with the most feedback.")
    coverage: Coverage = Field(description="How much of the catalogue was shown.")
    comparison: VersionComparison | None = Field(description="null without a challenge.")
