"""Feedback: what callers send about movies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from recsvc.errors import RecsvcError
from recsvc.service.schemas.batches import Record
from recsvc.service.schemas.fields import (
    IN_JSON,
    RECOMMENDATION_ID,
    USER_ID,
    MovieField,
    MovieIdField,
    RecommendationIdField,
    RequestModel,
    ResponseModel,
    StarsField,
    UserField,
    UserIdField,
)
from recsvc.types import FeedbackKind

_WAYS = ("rating", "liked", "seen", "not_interested")


def _true_or_false(value: object) -> object:
    """Refuse 1, which Python takes for True."""
    if not isinstance(value, bool):
        raise ValueError("must be true")  # noqa: TRY004 - pydantic reports ValueError as a problem of the field
    return value


TrueField = Annotated[Literal[True], BeforeValidator(_true_or_false)]


class MovieFeedback(RequestModel):
    """Feedback about one movie: exactly one of `rating`, `liked`, `seen` and `not_interested`."""

    model_config = IN_JSON

    movie_id: MovieIdField
    rating: StarsField | None = Field(default=None, description="Stars, 0.5-5 in halves.", examples=[4.5])
    liked: bool | None = Field(default=None, description="true for a like, false for a dislike.")
    seen: TrueField | None = Field(default=None, description="Watched, nothing more; it is not recommended any more.")
    not_interested: TrueField | None = Field(default=None, description="Not to be recommended any more.")

    @model_validator(mode="after")
    def _one_way(self) -> MovieFeedback:
        if sum(getattr(self, way) is not None for way in _WAYS) != 1:
            raise ValueError(f"exactly one of {', '.join(_WAYS)} is needed")
        return self

    @property
    def kind(self) -> FeedbackKind:
        """The kind of feedback."""
        if self.rating is not None:
            return FeedbackKind.RATING
        if self.liked is not None:
            return FeedbackKind.LIKED if self.liked else FeedbackKind.DISLIKED
        return FeedbackKind.SEEN if self.seen else FeedbackKind.NOT_INTERESTED


class RateBody(MovieFeedback):
    """Feedback of a user about a movie."""

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
        default=None, description="The answer in which the movie was recommended.", examples=[RECOMMENDATION_ID]
    )


class BatchBody(RequestModel):
    """Up to 1,000 records, each as in `POST /rate`."""

    model_config = IN_JSON

    ratings: list[Record[RateBody]] = Field(
        min_length=1, max_length=1000, description="The records; of several about one movie the last counts."
    )

    def records(self) -> Sequence[RateBody | RecsvcError]:
        """Return the records, with an error in place of each one that cannot be used."""
        return self.ratings


class Rated(ResponseModel):
    """What is stored now."""

    user_id: UserField
    movie_id: MovieField
    kind: FeedbackKind = Field(description="The kind of feedback.")
    rating: float | None = Field(description="The stars; null for what has none.", examples=[4.5])
    created: bool = Field(
        description="true: there was no feedback before (201); false: it replaced earlier feedback (200)."
    )


class UndoQuery(RequestModel):
    """Whose feedback about which movie to take back."""

    user_id: UserIdField | None = Field(default=None, description=USER_ID, examples=["ada"])
    movie_id: MovieIdField
