"""The registry and the probes."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from recsvc.service.schemas.fields import IN_JSON, RequestModel, ResponseModel, VersionField
from recsvc.usecases.diagnosis import Impairment


class ModelVersion(ResponseModel):
    """A version in the registry."""

    version: VersionField
    production: bool = Field(description="Whether the alias `production` stands for it.")
    serving: bool = Field(description="Whether this process answers from it now.")
    challenger: bool = Field(description="Whether it answers a share of the users beside the one in production.")
    weight: float | None = Field(
        description="The share of the users that it answers as a challenger; null for all others.", examples=[0.1]
    )
    created_at: datetime = Field(description="When it was published.")
    dataset: str = Field(description="The dataset it was trained on.", examples=["ml-100k"])
    catalogue: str = Field(
        description="The set of movies in which its movie ids have a meaning: feedback belongs to a catalogue.",
        examples=["ml-100k"],
    )
    simulated: bool = Field(description="Whether the ratings it was trained on are simulated.")
    notice: str = Field(description="The notice that must be shown where the data is used.")
    users: int = Field(description="How many users the dataset has.", examples=[943])
    movies: int = Field(description="How many movies.", examples=[1682])
    ratings: int = Field(description="How many ratings.", examples=[100_000])
    opinions: int = Field(
        description="How many ratings, likes and dislikes of the service's own users it was trained on besides.",
        examples=[7200],
    )
    erased_since: int | None = Field(
        description="How many users were erased, or undid all they had said, after it was trained on that: "
        "`recsvc retrain` makes a version without it. null while the database does not answer.",
        examples=[0],
    )
    report_url: str | None = Field(
        description="Its page of plots and lists, if `recsvc report` was run.",
        examples=["/reports/20261120T101500Z-1f3a9c2e"],
    )
    metrics: dict[str, Any] = Field(
        description="Its metrics on a hold-out, measured before it was published. `decision` is why `recsvc retrain` "
        "let it serve, or did not."
    )


class Models(ResponseModel):
    """All versions, newest first."""

    degraded: bool = Field(
        description="Whether the version in production cannot be loaded, so that this process answers from another one."
    )
    items: list[ModelVersion] = Field(description="The versions.")


class ReasonBody(RequestModel):
    """Why an alias is moved."""

    model_config = IN_JSON

    why: Annotated[
        str,
        Field(max_length=500, description="Kept in the log of aliases.", examples=["better nDCG on the hold-out"]),
    ] = ""


class PromotionBody(ReasonBody):
    """Why another version is to serve, and whether it may be of another catalogue."""

    switch_catalogue: bool = Field(
        default=False,
        description="Whether the version may be of another catalogue than the one that serves now. What users said "
        "about the movies of this one is kept, and is not used until it serves again.",
    )


class ChallengeBody(ReasonBody):
    """The share of the users that a version answers."""

    weight: Annotated[
        float,
        Field(ge=0, le=1, allow_inf_nan=False, description="Its share of the users; 0 ends it.", examples=[0.1]),
    ]


class Promotion(ResponseModel):
    """The version that the alias names now."""

    alias: str = Field(description="What was moved.", examples=["production"])
    version: VersionField
    time: datetime = Field(description="When.")
    who: str = Field(description="Who moved it.", examples=["http"])
    why: str = Field(description="What was given as the reason.", examples=["better nDCG on the hold-out"])
    weight: float | None = Field(default=None, description="A challenger's share of the users.")


class Live(ResponseModel):
    """The answer of a process."""

    status: str = Field(description="`live`.", examples=["live"])


class Ready(ResponseModel):
    """The answer of a service that answers."""

    status: str = Field(description="`ready` or `degraded`.", examples=["ready"])
    model_version: VersionField
    impaired: list[Impairment] = Field(description="What it lacks; empty if nothing.", examples=[[]])
