"""Lists, which are shared by their link or private."""

from __future__ import annotations

import re
from datetime import datetime
from itertools import pairwise
from typing import Annotated, Literal
from unicodedata import bidirectional, category, combining

from pydantic import AfterValidator, Field, StringConstraints

from recsvc.service.schemas.fields import (
    IN_JSON,
    USER_ID,
    MovieField,
    MovieIdField,
    RequestModel,
    ResponseModel,
    TitleField,
    UserIdField,
)
from recsvc.service.schemas.movies import MovieSummary
from recsvc.types import ListKind

_JOINERS = "\u200c\u200d"
_VARIANTS = "\ufe0e\ufe0f"
_FILLERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0")
"""Characters without a shape that Unicode counts as letters, marks or symbols."""
_FURTHER_VARIANTS = re.compile("[\ufe00-\ufe0d\U000e0100-\U000e01ef]")
_VIRAMA = 9


def _readable(text: str) -> str:
    for before, character in pairwise(f" {text}"):
        if category(character) == "Cc":
            raise ValueError("line breaks and other control characters cannot stand here")
        if not _can_be_seen(character, before):
            raise ValueError(f"U+{ord(character):04X} cannot be seen, or changes the direction of the text")
    if text[-1] in _JOINERS or not any(category(character)[0] in "LMNPS" for character in text):
        raise ValueError("at least one character that can be seen is needed, also at the end")
    return text


def _can_be_seen(character: str, before: str) -> bool:
    """Tell whether a character makes a difference that can be seen, and no other than by its shape.

    Joiners do after a virama and in Arabic script, as in names of Internet hosts (RFC 5892, appendix A), and in emoji;
    the choice between text and emoji does after a symbol.
    """
    symbol = category(before)[0] == "S"
    if character in _JOINERS:
        return symbol or before in _VARIANTS or combining(before) == _VIRAMA or bidirectional(before) == "AL"
    if character in _VARIANTS:
        return symbol or before in "#*0123456789\u203c\u2049\u3030\u303d"
    unseen = category(character) in {"Cf", "Cs", "Co", "Cn", "Zl", "Zp"} or character in _FILLERS
    return not unseen and not _FURTHER_VARIANTS.match(character)


ListTitle = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120), AfterValidator(_readable)
]
NoteText = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300), AfterValidator(_readable)
]
ListMovies = Annotated[list[MovieIdField], Field(min_length=1, max_length=200, json_schema_extra={"uniqueItems": True})]
_TITLE = "What the list is called, 1-120 characters."
_MOVIES = "The movies in their order, each once."
LIST_KIND = (
    "`shared`: whoever has the link reads it. `private`: its owner alone does. `watchlist`: as private, one a user and "
    "catalogue."
)
SLUG = "[A-Za-z0-9_-]{22}"
"""The pattern of a slug."""
SlugField = Annotated[
    str, Field(description="Its name in links: 128 random bits.", examples=["s7Y0mGq8Qn6cGv4V2kq1xA"])
]


class ListBody(RequestModel):
    """A new list."""

    model_config = IN_JSON

    user_id: UserIdField | None = Field(
        default=None, description=f"{USER_ID} It is nobody's list where neither is sent.", examples=["ada"]
    )
    kind: ListKind | None = Field(default=None, strict=False, description=f"{LIST_KIND} Left out: shared.")
    title: ListTitle = Field(description=_TITLE, examples=["Movies for a rainy Sunday"])
    movie_ids: ListMovies = Field(description=_MOVIES, examples=[[1, 2, 3]])


class NoteBody(RequestModel):
    """The note of a movie of the list."""

    model_config = IN_JSON

    movie_id: MovieIdField
    note: NoteText | None = Field(description="One line of 1-300 characters; null removes it.", examples=["The best."])


def _one_a_movie(notes: list[NoteBody]) -> list[NoteBody]:
    if len({one.movie_id for one in notes}) < len(notes):
        raise ValueError("a movie has one note")
    return notes


class ListQuery(RequestModel):
    """Who asks."""

    user_id: UserIdField | None = Field(default=None, description=USER_ID, examples=["ada"])


class ListChange(RequestModel):
    """What is to change; what is left out stays."""

    model_config = IN_JSON

    title: ListTitle | None = Field(default=None, description=_TITLE, examples=["Movies for a rainy Sunday"])
    kind: Literal["shared", "private"] | None = Field(
        default=None, description="Who reads it; a list that is nobody's stays shared, and a watchlist one."
    )
    movie_ids: ListMovies | None = Field(
        default=None, description=f"{_MOVIES} Those that stay keep their notes.", examples=[[1, 2, 3]]
    )
    notes: Annotated[list[NoteBody], Field(max_length=200), AfterValidator(_one_a_movie)] | None = Field(
        default=None, description="New notes of movies of the list, one a movie; the others stay as they are."
    )


class SharedItem(ResponseModel):
    """A movie of a list."""

    movie_id: MovieField
    title: TitleField
    year: int | None = Field(description="The year of its release.", examples=[1977])
    note: str | None = Field(description="What its owner says of it.", examples=["The best."])
    movie: MovieSummary | None = Field(
        description="The movie; null when it has left the catalogue, or the list is of another one."
    )


class SharedList(ResponseModel):
    """A list as it is shown to whoever may read it. It does not tell whose it is."""

    slug: SlugField
    title: str = Field(description="What the list is called.", examples=["Movies for a rainy Sunday"])
    kind: ListKind = Field(description=LIST_KIND)
    items: list[SharedItem] = Field(description="The movies in their order.")
    created_at: datetime = Field(description="When it was made.")
    updated_at: datetime = Field(description="When it was changed last.")


class NewList(SharedList):
    """A list as it is shown to its creator, once."""

    edit_token: str = Field(
        description="Send it as `X-Edit-Token` to change or remove the list. It is shown only here.",
        examples=["kG1bKf1u8yqFJm1pS0m9m2qk3c1x0v7m5h4T2d8W6eQ"],
    )
