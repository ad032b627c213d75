"""The registry and the probes."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from recsvc.service.schemas.fields import IN_JSON, Sent, Strict


class ModelVersion(Sent):
    """A version in the registry."""

    version: str
    production: bool = Field(description="Whether the alias `production` stands for it.")
    serving: bool = Field(description="Whether this process answers from it now.")
    created_at: datetime
    dataset: str
    simulated: bool = Field(description="Whether the ratings it learned from are simulated.")
    notice: str = Field(description="What must be said where the data is used.")
    users: int
    movies: int
    ratings: int
    metrics: dict[str, Any] = Field(description="What it reached on a hold-out before it was published.")


class Models(Sent):
    """All versions, newest first."""

    items: list[ModelVersion]


class ReasonBody(Strict):
    """Why an alias is moved."""

    model_config = IN_JSON

    why: Annotated[str, Field(max_length=500, examples=["better nDCG on the hold-out"])] = ""


class Promotion(Sent):
    """What the alias stands for now."""

    alias: str
    version: str
    time: datetime
    who: str
    why: str


class Health(Sent):
    """A probe's answer."""

    status: str
    model_version: str | None = None
