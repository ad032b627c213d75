"""Fields of more than one schema, defined once, so that the same bounds apply everywhere."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from recsvc.engine.query import LAST_OFFSET, MAX_K
from recsvc.types import MAX_MOVIE_ID

UserIdField = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9._:-]{1,128}$",
        description="The user: 1-128 characters of `A-Z a-z 0-9 . _ -`, chosen by the caller. A colon is kept for "
        "users of datasets, `<dataset>:<their number>`, who can only be read, and for visitors, `anon:...`.",
        examples=["ada", "ml-100k:196"],
    ),
]
USER_ID = "The user; left out with a session token, which names the user itself."
RecommendationIdField = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,4096}$")]
RECOMMENDATION_ID = (
    "AjFRAQEAAAAAAAAAAAAAAFshdzutusNKGTIwMjYxMTIwVDEwMTUwMFotMWYzYTljMmUEAQAAAAAAAJI8Aet3Fu3JZkm82I4bg5Y"
)
MovieIdField = Annotated[int, Field(ge=1, le=MAX_MOVIE_ID, description="A movie of the catalogue.", examples=[1])]
StarsField = Annotated[
    float,
    Field(ge=0.5, le=5.0, allow_inf_nan=False, multiple_of=0.5, description="Stars, 0.5-5 in halves.", examples=[4.5]),
]
VersionField = Annotated[
    str, Field(description="The version that answered: a time and a hash.", examples=["20261120T101500Z-1f3a9c2e"])
]
MovieField = Annotated[int, Field(description="The movie's id in the dataset.", examples=[260])]
TitleField = Annotated[str, Field(description="In natural order, without the year.", examples=["Star Wars"])]
RankField = Annotated[int, Field(description="Its place in the whole list, from 1.", examples=[1])]
UserField = Annotated[str, Field(description="The user.", examples=["ada"])]
NextOffsetField = Annotated[
    int | None, Field(description="The `offset` of the next page; null on the last.", examples=[10])
]
KField = Annotated[int, Field(ge=1, le=MAX_K, description="How many movies.")]
OffsetField = Annotated[
    int, Field(ge=0, le=LAST_OFFSET, description="How many movies to leave out first; pages put together are one list.")
]


SimulatedField = Annotated[
    bool,
    Field(description="Whether the ratings that the models are trained on are simulated; the bundled sample's are."),
]


_MOST_UNKNOWN = 5


class RequestModel(BaseModel):
    """Data that a caller sends. Unknown fields are refused, so that a misspelt name is noticed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _not_flooded(cls, value: object) -> object:
        # An error for each of a hundred thousand unknown fields would take seconds to make.
        if isinstance(value, dict) and len(value) > len(cls.model_fields) + _MOST_UNKNOWN:
            unknown = [str(name) for name in value if name not in cls.model_fields]
            first = ", ".join(name[:64] for name in unknown[:_MOST_UNKNOWN])
            raise ValueError(f"has {len(unknown):,} unknown fields: {first} and {len(unknown) - _MOST_UNKNOWN:,} more")
        return value


IN_JSON = ConfigDict(strict=True)
"""For bodies, in which true and "4" are no numbers, although both could be converted; in a query all is text."""


class ResponseModel(BaseModel):
    """Data that the service sends."""

    model_config = ConfigDict(frozen=True)
