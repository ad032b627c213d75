"""Asking for recommendations, and the answer."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from recsvc.engine.query import Query, Strategy
from recsvc.service.schemas.feedback import Opinion
from recsvc.service.schemas.fields import (
    IN_JSON,
    RECOMMENDATION_ID,
    MovieField,
    NextOffsetField,
    RankField,
    Sent,
    SimulatedField,
    TitleField,
    UserIdField,
    VersionField,
)
from recsvc.service.schemas.movies import MovieSummary, Paged


class Wanted(Paged):
    """Which list: the filters, the page, and how it is made."""

    diversity: Annotated[
        float,
        Field(
            ge=0,
            le=1,
            allow_inf_nan=False,
            description="0: the best movies; towards 1: the more different from each other.",
        ),
    ] = 0.0
    strategy: Strategy = Field(
        default=Strategy.AUTO,
        strict=False,
        description="`auto` is the hybrid, and the popular movies for someone of whom nothing is known.",
    )
    explain: bool = Field(default=True, description="Whether to say why.")

    def query(self) -> Query:
        """The same in the engine's words."""
        return Query(self.k, self.offset, self.filters(), self.diversity, self.strategy, self.explain)


class RecommendQuery(Wanted):
    """Recommendations for a user the service knows, or for an unknown user."""

    user_id: UserIdField | None = Field(
        default=None,
        description="Who it is for; left out, it is for whom the session token stands, or for an unknown user.",
        examples=["ada", "ml-100k:196"],
    )


class RecommendBody(Wanted):
    """Recommendations for someone without an account: their ratings are in the request, and nothing is stored."""

    model_config = {
        **IN_JSON,
        "json_schema_extra": {
            "examples": [
                {"ratings": [{"movie_id": 1, "rating": 5}, {"movie_id": 2, "liked": True}], "k": 5, "era": "new"}
            ]
        },
    }

    ratings: list[Opinion] = Field(
        default=[], max_length=1000, description="What the user says about movies, each movie once."
    )


class Because(Sent):
    """A movie that the user rated, and what that adds to the score."""

    movie_id: MovieField
    title: TitleField
    contribution: float = Field(description="How much of the score is due to it.", examples=[0.42])


class RecommendedItem(Sent):
    """A movie at its place. `baseline`, the contributions in `because` and `other` add up to `score`."""

    rank: RankField
    movie: MovieSummary = Field(description="The movie.")
    score: float = Field(
        description="What the list is ordered by (before `diversity`); comparable within one answer.", examples=[2.31]
    )
    predicted_rating: float | None = Field(
        description="How many stars this user would give, 0.5-5; null where it cannot be said.", examples=[4.42]
    )
    baseline: float | None = Field(description="What the movie scores without this user's ratings.", examples=[-0.12])
    because: list[Because] = Field(description="The up to three ratings that speak for it most.")
    other: float | None = Field(description="What all other ratings add or take away.", examples=[0.07])


class Recommendations(Sent):
    """A page of recommendations."""

    recommendation_id: str = Field(
        description="Signed; send it back with feedback on these movies.", examples=[RECOMMENDATION_ID]
    )
    model_version: VersionField
    simulated: SimulatedField
    strategy: Strategy = Field(
        description="Which one made this list; `popular` where nothing personal could be said.", examples=["hybrid"]
    )
    user_id: str | None = Field(description="Who it is for; null for someone without an account.", examples=["ada"])
    items: list[RecommendedItem] = Field(description="The movies, best first.")
    next_offset: NextOffsetField
