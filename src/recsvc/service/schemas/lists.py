"""Lists that are shared by their link."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from unicodedata import category

from pydantic import AfterValidator, Field, StringConstraints

from recsvc.service.schemas.fields import IN_JSON, MovieField, MovieIdField, RequestModel, ResponseModel, TitleField
from recsvc.service.schemas.movies import MovieSummary


def _readable(title: str) -> str:
    kinds = {category(character) for character in title}
    if "Cc" in kinds:
        raise ValueError("line breaks and other control characters cannot stand in a title")
    if not any(kind[0] in "LMNPS" for kind in kinds):
        raise ValueError("at least one character that can be seen is needed")
    return title


ListTitle = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120), AfterValidator(_readable)
]
ListMovies = Annotated[list[MovieIdField], Field(min_length=1, max_length=200)]
_TITLE = "What the list is called, 1-120 characters."
_MOVIES = "The movies in their order, each once."
SlugField = Annotated[
    str, Field(description="Its name in links: 128 random bits.", examples=["s7Y0mGq8Qn6cGv4V2kq1xA"])
]


class ListBody(RequestModel):
    """A new list."""

    model_config = IN_JSON

    title: ListTitle = Field(description=_TITLE, examples=["Movies for a rainy Sunday"])
    movie_ids: ListMovies = Field(description=_MOVIES, examples=[[1, 2, 3]])


class ListChange(RequestModel):
    """What is to change; what is left out stays."""

    model_config = IN_JSON

    title: ListTitle | None = Field(default=None, description=_TITLE, examples=["Movies for a rainy Sunday"])
    movie_ids: ListMovies | None = Field(default=None, description=_MOVIES, examples=[[1, 2, 3]])


class SharedItem(ResponseModel):
    """A movie of a list."""

    movie_id: MovieField
    title: TitleField
    year: int | None = Field(description="The year of its release.", examples=[1977])
    movie: MovieSummary | None = Field(
        description="The movie; null when it has left the catalogue, or the list is of another one."
    )


class SharedList(ResponseModel):
    """A list as it is shown to anyone with the link."""

    slug: SlugField
    title: str = Field(description="What the list is called.", examples=["Movies for a rainy Sunday"])
    items: list[SharedItem] = Field(description="The movies in their order.")
    created_at: datetime = Field(description="When it was made.")
    updated_at: datetime = Field(description="When it was changed last.")


class NewList(SharedList):
    """A list as it is shown to its creator, once."""

    edit_token: str = Field(
        description="Send it as `X-Edit-Token` to change or remove the list. It is shown only here.",
        examples=["kG1bKf1u8yqFJm1pS0m9m2qk3c1x0v7m5h4T2d8W6eQ"],
    )
