"""Users: what is stored about them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from recsvc.service.schemas.fields import (
    KField,
    MovieField,
    NextOffsetField,
    RequestModel,
    ResponseModel,
    TitleField,
    UserField,
)
from recsvc.service.schemas.lists import LIST_KIND, SlugField
from recsvc.types import EventType, FeedbackKind, ListKind


class UserRatingsQuery(RequestModel):
    """Which page of a user's feedback."""

    k: KField = 50
    offset: Annotated[int, Field(ge=0, le=10_000_000, description="How many to leave out first.")] = 0


class HeldList(ResponseModel):
    """A list of a user."""

    slug: SlugField
    title: str = Field(description="What the list is called.", examples=["Movies for a rainy Sunday"])
    kind: ListKind = Field(description=LIST_KIND)
    movie_count: int = Field(description="How many movies are in it.", examples=[12])
    updated_at: datetime = Field(description="When it was changed last.")


class User(ResponseModel):
    """How much is stored about a user."""

    user_id: UserField
    read_only: bool = Field(description="true where the name belongs to a user of a dataset, who cannot be changed.")
    rated: int = Field(description="How many movies are in their taste: rated, liked or disliked.")
    events: int = Field(description="How many events are stored: movies that they were shown or clicked.")
    counts: dict[FeedbackKind, int] = Field(
        description="How many movies have each kind of feedback.",
        examples=[{"rating": 12, "liked": 3, "disliked": 0, "seen": 2, "not_interested": 1}],
    )
    first_at: datetime | None = Field(description="When the first feedback was given; null for users of the dataset.")
    last_at: datetime | None = Field(description="When the newest feedback was given; null for users of the dataset.")
    lists: list[HeldList] = Field(description="The lists of the user, of all catalogues, the newest change first.")


class UserRating(ResponseModel):
    """Feedback of a user about one movie."""

    movie_id: MovieField
    title: str | None = Field(description="null for a movie that has left the catalogue.", examples=["Star Wars"])
    kind: FeedbackKind = Field(description="The kind of feedback.")
    rating: float | None = Field(description="The stars; null for what has none.", examples=[4.5])
    recommendation_id: str | None = Field(description="The answer in which the movie was recommended, if it was sent.")
    created_at: datetime | None = Field(description="When it was given first; null for users of the dataset.")
    updated_at: datetime | None = Field(description="When it was changed last; null for users of the dataset.")


class UserRatings(ResponseModel):
    """A page of a user's feedback, newest first."""

    user_id: UserField
    simulated: bool = Field(description="Whether this is a simulated user of the dataset.")
    total: int = Field(description="How many movies have feedback.", examples=[18])
    items: list[UserRating] = Field(description="The feedback.")
    next_offset: NextOffsetField


CatalogueField = Annotated[
    str, Field(description="The set of movies in which the movie id has a meaning.", examples=["ml-100k"])
]


class ExportedFeedback(ResponseModel):
    """Feedback about one movie, as it is stored; the columns are those of `recsvc feedback export`."""

    catalogue: CatalogueField
    movie_id: MovieField
    kind: FeedbackKind = Field(description="The kind of feedback.")
    stars: float | None = Field(description="The stars; null for what has none.", examples=[4.5])
    created_at: datetime | None = Field(description="When it was given first; null for users of the dataset.")
    updated_at: datetime | None = Field(description="When it was changed last; null for users of the dataset.")
    revision: int = Field(description="How often it was given or changed; 0 for users of the dataset.", examples=[1])
    recommendation_id: str | None = Field(description="The answer in which the movie was recommended, if it was sent.")
    model_version: str | None = Field(description="The version of that answer.")
    strategy: str | None = Field(description="Its strategy.", examples=["hybrid"])
    rank: int | None = Field(description="The movie's place in it, from 1.", examples=[3])


class ExportedEvent(ResponseModel):
    """A movie that was shown or clicked."""

    catalogue: CatalogueField
    movie_id: MovieField
    type: EventType = Field(description="What happened.")
    model_version: str = Field(description="The version of the answer that the movie was in.")
    strategy: str = Field(description="Its strategy.", examples=["hybrid"])
    rank: int = Field(description="The movie's place in it, from 1.", examples=[3])
    created_at: datetime = Field(description="When it was reported first.")


class ExportedItem(ResponseModel):
    """A movie of a list, with the title and the year that it had when it was added."""

    movie_id: MovieField
    title: TitleField
    year: int | None = Field(description="The year of its release.", examples=[1977])
    note: str | None = Field(description="What the owner says of it.", examples=["The best."])


class ExportedList(ResponseModel):
    """A list of the user, once for each catalogue that has it."""

    slug: SlugField
    catalogue: CatalogueField
    title: str = Field(description="What the list is called.", examples=["Movies for a rainy Sunday"])
    kind: ListKind = Field(description=LIST_KIND)
    items: list[ExportedItem] = Field(description="The movies in their order.")
    created_at: datetime = Field(description="When it was made.")
    updated_at: datetime = Field(description="When it was changed last.")
    read_at: datetime | None = Field(description="When it was read by somebody, to a month; null if it is not known.")


class UserExport(ResponseModel):
    """Everything that is stored about a user, but for the hashes of the edit tokens of their lists."""

    user_id: UserField
    simulated: bool = Field(description="Whether this is a simulated user of the dataset.")
    sessions_ended_until: datetime | None = Field(
        description="Sessions that would have been valid until then at the latest were ended, by signing out or "
        "erasing; null if none was, or if they would all have expired by now."
    )
    feedback: list[ExportedFeedback] = Field(description="The feedback, by catalogue and movie.")
    events: list[ExportedEvent] = Field(description="What was shown and clicked, by movie.")
    lists: list[ExportedList] = Field(description="The lists, by slug.")
