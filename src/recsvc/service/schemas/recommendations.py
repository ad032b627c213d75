"""Asking for recommendations, and the answer."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from recsvc.engine.query import Query
from recsvc.engine.strategies import Strategy, bases
from recsvc.service.schemas.feedback import MovieFeedback
from recsvc.service.schemas.fields import (
    IN_JSON,
    RECOMMENDATION_ID,
    MovieField,
    NextOffsetField,
    RankField,
    ResponseModel,
    SimulatedField,
    TitleField,
    UserIdField,
    VersionField,
)
from recsvc.service.schemas.movies import MovieSummary, PageParameters


class RecommendationParameters(PageParameters):
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
        description=f"`auto` is the hybrid, and the popular movies for a user without ratings. {bases(Strategy)}.",
    )
    explain: bool = Field(default=True, description="Whether to say why.")
    calibrated: bool = Field(
        default=True,
        description="Whether what is evident of the taste (several liked movies of one director, language or company) "
        "has its share of the list; without effect with `diversity`.",
    )

    def query(self) -> Query:
        """Return the query of the engine."""
        return Query(self.k, self.offset, self.filters(), self.diversity, self.strategy, self.explain, self.calibrated)


class RecommendQuery(RecommendationParameters):
    """Recommendations for a user who is known by an id, or for an unknown user."""

    user_id: UserIdField | None = Field(
        default=None,
        description="The user; left out, it is the visitor of the session token, or an unknown user.",
        examples=["ada", "ml-100k:196"],
    )


class RecommendBody(RecommendationParameters):
    """Recommendations for someone without an account: their ratings are in the request, and nothing is stored."""

    model_config = {
        **IN_JSON,
        "json_schema_extra": {
            "examples": [
                {"ratings": [{"movie_id": 1, "rating": 5}, {"movie_id": 2, "liked": True}], "k": 5, "era": "new"}
            ]
        },
    }

    ratings: list[MovieFeedback] = Field(
        default=[], max_length=1000, description="Feedback of the user, each movie once."
    )


class Reason(ResponseModel):
    """A movie that the user rated, and how much it adds to the score."""

    movie_id: MovieField
    title: TitleField
    contribution: float = Field(description="How much of the score is due to it.", examples=[0.42])


class EvidentTaste(ResponseModel):
    """What is evident of a taste: many of the movies that the user liked are of one kind."""

    facet: Literal["director", "language", "company"] = Field(description="What the movies share.")
    name: str = Field(
        description="The director or company, or the original language (ISO 639-1).", examples=["Hayao Miyazaki"]
    )
    liked: int = Field(description="How many movies of this kind the user liked, ...", examples=[4])
    of: int = Field(description="... of how many movies that they liked in all.", examples=[6])


class RecommendedItem(ResponseModel):
    """A recommended movie. `baseline`, the contributions in `because` and `other` add up to `score`."""

    rank: RankField
    movie: MovieSummary = Field(description="The movie.")
    score: float = Field(
        description="What the list is ordered by (before `diversity` and calibration); comparable within one answer.",
        examples=[2.31],
    )
    predicted_rating: float | None = Field(
        description="How many stars this user would give, 0.5-5; null without a prediction.", examples=[4.42]
    )
    baseline: float | None = Field(description="What the movie scores without this user's ratings.", examples=[-0.12])
    because: list[Reason] = Field(description="The up to three ratings that add most to the score.")
    other: float | None = Field(description="What all other ratings add or take away.", examples=[0.07])
    raised_by: EvidentTaste | None = Field(
        description="What gave the movie a better place than its score alone; null if nothing did."
    )


class Recommendations(ResponseModel):
    """A page of recommendations."""

    recommendation_id: str = Field(
        description="Signed; send it back with feedback on these movies.", examples=[RECOMMENDATION_ID]
    )
    model_version: VersionField
    simulated: SimulatedField
    strategy: Strategy = Field(
        description="The strategy that ranked the list; `popular` without a personal ranking.",
        examples=["hybrid"],
    )
    user_id: str | None = Field(description="Who it is for; null for someone without an account.", examples=["ada"])
    items: list[RecommendedItem] = Field(description="The movies, best first.")
    next_offset: NextOffsetField
