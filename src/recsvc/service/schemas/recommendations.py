"""Asking for recommendations, and the answer."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from recsvc.engine.query import Query
from recsvc.engine.strategies import Strategy, bases
from recsvc.engine.together import Together
from recsvc.service.schemas.feedback import MovieFeedback
from recsvc.service.schemas.fields import (
    IN_JSON,
    RECOMMENDATION_ID,
    MovieField,
    NextOffsetField,
    RankField,
    RequestModel,
    ResponseModel,
    SimulatedField,
    TitleField,
    UserIdField,
    VersionField,
)
from recsvc.service.schemas.movies import MovieSummary, PageParameters

MOST_MEMBERS = 8


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


class Member(RequestModel):
    """One of several who are recommended to at once; without ratings, they count by the popular list."""

    model_config = IN_JSON

    ratings: list[MovieFeedback] = Field(
        default_factory=list, max_length=1000, description="Feedback of the member, each movie once."
    )


class RecommendBody(RecommendationParameters):
    """Recommendations for users without an account: their ratings are in the request, and nothing is stored."""

    model_config = {
        **IN_JSON,
        "json_schema_extra": {
            "examples": [
                {"ratings": [{"movie_id": 1, "rating": 5}, {"movie_id": 2, "liked": True}], "k": 5, "era": "new"},
                {
                    "members": [
                        {"ratings": [{"movie_id": 1, "rating": 5}]},
                        {"ratings": [{"movie_id": 2, "liked": True}]},
                    ],
                    "together": "least_misery",
                },
            ]
        },
    }

    ratings: list[MovieFeedback] = Field(
        default=[], max_length=1000, description="Feedback of the user, each movie once."
    )
    # Generators take a field with a default in the schema for one that is always there: these have none in it.
    members: list[Member] = Field(
        default_factory=list,
        min_length=2,
        max_length=MOST_MEMBERS,
        description="In place of `ratings`: several who want one list. What any of them has rated is left out.",
    )
    together: Together = Field(
        default_factory=lambda: Together.MEAN,
        strict=False,
        description="How the scores of `members` become one, each standardised over all movies: their `mean` if it is "
        "left out, or `least_misery`, that of the member whom the movie pleases least. `calibrated` has no effect.",
    )

    @field_validator("members")
    @classmethod
    def _in_place_of_ratings(cls, members: list[Member], info: ValidationInfo) -> list[Member]:
        if info.data.get("ratings"):
            raise ValueError("cannot be sent beside ratings")
        return members


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


class ForMember(ResponseModel):
    """What a movie is for a member. `baseline`, the contributions in `because` and `other` add up to `score`."""

    strategy: Strategy = Field(
        description="What ranked for this member; `popular` without ratings.", examples=["hybrid"]
    )
    rank: int = Field(
        description="Its place, from 1, in the list that this member alone would have with the same filters and "
        "`calibrated=false`.",
        examples=[4],
    )
    score: float = Field(
        description="In standard deviations above the mean of this member's scores of all movies.", examples=[2.05]
    )
    predicted_rating: float | None = Field(
        description="How many stars this member would give, 0.5-5; null without a prediction.", examples=[4.42]
    )
    baseline: float | None = Field(description="What the movie scores without this member's ratings.", examples=[0.3])
    because: list[Reason] = Field(description="The up to three ratings of this member that add most to the score.")
    other: float | None = Field(description="What all other ratings of this member add or take away.", examples=[0.07])


class RecommendedTogether(RecommendedItem):
    """A movie for several members. What is told of one user is told in `for_members`, and null or empty here."""

    for_members: list[ForMember] = Field(description="What it is for each member, in the order of the request.")


class RecommendationList(ResponseModel):
    """Which list it is."""

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


class Recommendations(RecommendationList):
    """A page of recommendations."""

    items: list[RecommendedItem] = Field(description="The movies, best first.")
    next_offset: NextOffsetField


class RecommendationsTogether(RecommendationList):
    """A page of recommendations for several members."""

    together: Together = Field(description="How their scores became one.", examples=["mean"])
    items: list[RecommendedTogether] = Field(description="The movies, best first.")
    next_offset: NextOffsetField
