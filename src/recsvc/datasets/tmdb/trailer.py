"""Choose the trailer of a movie among its videos at TMDB."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pydantic import BaseModel, ConfigDict

_URLS = {
    "YouTube": (re.compile(r"[A-Za-z0-9_-]{11}"), "https://www.youtube.com/watch?v="),
    "Vimeo": (re.compile(r"\d{1,12}"), "https://vimeo.com/"),
}
_KINDS = {"Trailer": 1, "Teaser": 0}


class Video(BaseModel):
    """A video on a video site; fields that TMDB leaves out are None."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    site: str | None = None
    key: str | None = None
    type: str | None = None
    official: bool | None = None
    iso_639_1: str | None = None
    published_at: str | None = None

    @property
    def url(self) -> str | None:
        """The address of the video; None if the site is unknown or the key does not have its form."""
        form, address = _URLS.get(self.site or "", (None, ""))
        return f"{address}{self.key}" if form is not None and self.key and form.fullmatch(self.key) else None

    @property
    def is_trailer(self) -> bool:
        """Whether the video is a trailer or a teaser with a known address."""
        return self.type in _KINDS and self.url is not None


def best_trailer(videos: Iterable[Video], original_language: str) -> str | None:
    """Return the address of the best trailer; None if there is none.

    Only trailers and teasers in English, in the movie's original language or without a language are considered, because
    a trailer dubbed into a third language is of little use. They are compared by these criteria in turn: official
    first; a trailer before a teaser; English before the original language before none; the newest first; the largest
    key.
    """
    languages = {original_language: 1, "": 0, "en": 2}

    def rank(video: Video) -> tuple[bool, int, int, str, str]:
        kind, language = _KINDS[video.type or ""], languages[_language(video)]
        return bool(video.official), kind, language, video.published_at or "", video.key or ""

    usable = [video for video in videos if video.is_trailer and _language(video) in languages]
    return max(usable, key=rank).url if usable else None


def _language(video: Video) -> str:
    return video.iso_639_1 or ""
