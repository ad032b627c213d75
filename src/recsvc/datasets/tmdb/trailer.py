"""Which of the clips that TMDB knows of a movie is shown as its trailer."""

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
    """A clip at a site; what TMDB does not say is empty."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    site: str | None = None
    key: str | None = None
    type: str | None = None
    official: bool | None = None
    iso_639_1: str | None = None
    published_at: str | None = None

    @property
    def url(self) -> str | None:
        """Where to see it; None where the site or the key is not of a known form."""
        form, address = _URLS.get(self.site or "", (None, ""))
        return f"{address}{self.key}" if form is not None and self.key and form.fullmatch(self.key) else None

    @property
    def is_trailer(self) -> bool:
        """Whether it is a trailer or a teaser that can be shown."""
        return self.type in _KINDS and self.url is not None


def best_trailer(videos: Iterable[Video], original_language: str) -> str | None:
    """Return where the best trailer is to be seen; None where there is none.

    Only trailers and teasers in English, in the movie's own language or without a language count, since one dubbed
    for somebody else tells a viewer little. Of these an official one goes before others, then a trailer before a
    teaser, English before the movie's own language before none, and the newest; the key settles what is left.
    """
    languages = {original_language: 1, "": 0, "en": 2}

    def worth(video: Video) -> tuple[bool, int, int, str, str]:
        kind, language = _KINDS[video.type or ""], languages[_language(video)]
        return bool(video.official), kind, language, video.published_at or "", video.key or ""

    usable = [video for video in videos if video.is_trailer and _language(video) in languages]
    return max(usable, key=worth).url if usable else None


def _language(video: Video) -> str:
    return video.iso_639_1 or ""
