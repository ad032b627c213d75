"""What a user says about a movie, and what the service holds of it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationError, WrapValidator, model_validator
from pydantic_core import ErrorDetails
from pydantic_core.core_schema import ValidatorFunctionWrapHandler

from recsvc.service.problems import FieldError
from recsvc.service.schemas.fields import (
    IN_JSON,
    RECOMMENDATION_ID,
    USER_ID,
    KField,
    MovieField,
    MovieIdField,
    NextOffsetField,
    RecommendationIdField,
    Sent,
    StarsField,
    Strict,
    UserField,
    UserIdField,
)
from recsvc.types import FeedbackKind

_WAYS = ("rating", "liked", "seen", "not_interested")


def _true_or_false(value: object) -> object:
    """Python takes 1 for True."""
    if not isinstance(value, bool):
        raise ValueError("must be true")  # noqa: TRY004 - pydantic reports ValueError as a problem of the field
    return value


TrueField = Annotated[Literal[True], BeforeValidator(_true_or_false)]


class Opinion(Strict):
    """What is said about one movie: exactly one of `rating`, `liked`, `seen` and `not_interested`."""

    model_config = IN_JSON

    movie_id: MovieIdField
    rating: StarsField | None = Field(default=None, description="Stars, 0.5-5 in halves.", examples=[4.5])
    liked: bool | None = Field(default=None, description="true for a like, false for a dislike.")
    seen: TrueField | None = Field(default=None, description="Watched, nothing more; it is not recommended any more.")
    not_interested: TrueField | None = Field(default=None, description="Not to be recommended any more.")

    @model_validator(mode="after")
    def _one_way(self) -> Opinion:
        if sum(getattr(self, way) is not None for way in _WAYS) != 1:
            raise ValueError(f"exactly one of {', '.join(_WAYS)} is needed")
        return self

    @property
    def kind(self) -> FeedbackKind:
        """Which kind of feedback it is."""
        if self.rating is not None:
            return FeedbackKind.RATING
        if self.liked is not None:
            return FeedbackKind.LIKED if self.liked else FeedbackKind.DISLIKED
        return FeedbackKind.SEEN if self.seen else FeedbackKind.NOT_INTERESTED


class RateBody(Opinion):
    """What a user says about a movie."""

    model_config = {
        "json_schema_extra": {
            "examples": [
                {"user_id": "ada", "movie_id": 1, "rating": 4.5},
                {"user_id": "ada", "movie_id": 2, "liked": False},
            ]
        }
    }

    user_id: UserIdField | None = Field(default=None, description=USER_ID, examples=["ada"])
    recommendation_id: RecommendationIdField | None = Field(
        default=None, description="The answer that the movie was shown in.", examples=[RECOMMENDATION_ID]
    )


class Refused:
    """A record of a batch that cannot be used, and why."""

    def __init__(self, errors: list[ErrorDetails]) -> None:
        self.errors = errors


def _or_refused(value: Any, validate: ValidatorFunctionWrapHandler) -> RateBody | Refused:
    """One bad record must not refuse the others."""
    try:
        body: RateBody = validate(value)
    except ValidationError as error:
        return Refused(error.errors())
    return body


class BatchBody(Strict):
    """Up to 1,000 records, each as in `POST /rate`."""

    model_config = IN_JSON

    ratings: list[Annotated[RateBody, WrapValidator(_or_refused)]] = Field(
        min_length=1, max_length=1000, description="The records; of several about one movie the last counts."
    )

    def records(self) -> list[RateBody | Refused]:
        """The records, those that cannot be used marked so."""
        return [*self.ratings]


class Rated(Sent):
    """What is held now."""

    user_id: UserField
    movie_id: MovieField
    kind: FeedbackKind = Field(description="What was said.")
    rating: float | None = Field(description="The stars; null for what has none.", examples=[4.5])
    created: bool = Field(
        description="true: nothing was held before (201); false: it took the place of what was (200)."
    )


class BatchRecord(Sent):
    """What became of one record."""

    index: int = Field(description="Its place in the request, from 0.")
    status: int = Field(description="201 new, 200 changed; 401, 403, 404 or 422: not kept.")
    detail: str | None = Field(default=None, description="Why it was not kept.")
    errors: list[FieldError] = Field(default=[], description="The fields that cannot be used.")


class BatchResult(Sent):
    """What became of each record, in the order of the request."""

    kept: int = Field(description="How many records were kept.", examples=[2])
    results: list[BatchRecord] = Field(description="What became of each.")


class UndoQuery(Strict):
    """Whose feedback about which movie to take back."""

    user_id: UserIdField | None = Field(default=None, description=USER_ID, examples=["ada"])
    movie_id: MovieIdField


class SaidQuery(Strict):
    """Which page of what a user said."""

    k: KField = 50
    offset: Annotated[int, Field(ge=0, le=10_000_000, description="How many to leave out first.")] = 0


class User(Sent):
    """What is held on a user, in numbers."""

    user_id: UserField
    read_only: bool = Field(description="true for users of the dataset, who cannot be changed.")
    rated: int = Field(description="How many movies speak for their taste: rated, liked or disliked.")
    events: int = Field(description="How many events are held of movies that they were shown or clicked.")
    counts: dict[FeedbackKind, int] = Field(
        description="About how many movies each kind of thing was said.",
        examples=[{"rating": 12, "liked": 3, "disliked": 0, "seen": 2, "not_interested": 1}],
    )
    first_at: datetime | None = Field(description="When something was said first; null for users of the dataset.")
    last_at: datetime | None = Field(description="When something was said last; null for users of the dataset.")


class UserRating(Sent):
    """One thing a user said."""

    movie_id: MovieField
    title: str | None = Field(description="null for a movie that has left the catalogue.", examples=["Star Wars"])
    kind: FeedbackKind = Field(description="What was said.")
    rating: float | None = Field(description="The stars; null for what has none.", examples=[4.5])
    recommendation_id: str | None = Field(description="The answer that the movie was shown in, if that was told.")
    created_at: datetime | None = Field(description="When it was said first; null for users of the dataset.")
    updated_at: datetime | None = Field(description="When it was said last; null for users of the dataset.")


class UserRatings(Sent):
    """A page of what a user said, newest first."""

    user_id: UserField
    simulated: bool = Field(description="Whether this is a simulated user of the dataset.")
    total: int = Field(description="About how many movies something was said.", examples=[18])
    items: list[UserRating] = Field(description="What was said.")
    next_offset: NextOffsetField
