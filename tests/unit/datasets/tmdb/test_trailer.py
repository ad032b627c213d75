from __future__ import annotations

from typing import Any

import pytest

from recsvc.datasets.tmdb.trailer import Video, best_trailer

OLD, NEW = "2009-01-01T00:00:00.000Z", "2020-01-01T00:00:00.000Z"


def video(name: str, **fields: Any) -> Video:
    """Return a video at YouTube whose key is the name, padded to eleven characters."""
    defaults = {"site": "YouTube", "type": "Trailer", "official": False, "iso_639_1": "en", "published_at": OLD}
    return Video.model_validate({**defaults, "key": name.ljust(11, "_"), **fields})


def best(*videos: Video, language: str = "fr") -> str | None:
    forwards, backwards = best_trailer(videos, language), best_trailer(reversed(videos), language)
    assert forwards == backwards
    return None if forwards is None else forwards.rsplit("=", 1)[-1].rstrip("_")


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ({"official": True, "type": "Teaser"}, {"official": False, "published_at": NEW}),
        ({"official": True, "iso_639_1": "fr"}, {"official": False}),
        ({"official": True}, {"official": True, "type": "Teaser", "published_at": NEW}),
        ({"type": "Trailer", "iso_639_1": "fr"}, {"type": "Teaser", "iso_639_1": "en"}),
        ({"iso_639_1": "en"}, {"iso_639_1": "fr", "published_at": NEW}),
        ({"iso_639_1": "fr"}, {"iso_639_1": None, "published_at": NEW}),
        ({"published_at": NEW}, {"published_at": OLD}),
        ({"published_at": OLD}, {"published_at": None}),
    ],
)
def test_the_better_of_two_videos_is_chosen(better: dict[str, Any], worse: dict[str, Any]) -> None:
    assert best(video("better", **better), video("worse", **worse)) == "better"


@pytest.mark.parametrize(
    "fields",
    [
        {"iso_639_1": "de", "official": True},
        {"type": "Featurette"},
        {"type": None},
        {"site": "Dailymotion"},
        {"site": None},
        {"key": None},
        {"key": "short"},
        {"key": '"><script>x'},
        {"site": "Vimeo", "key": "12a"},
    ],
)
def test_other_videos_are_not_chosen(fields: dict[str, Any]) -> None:
    assert best(video("no", **fields)) is None
    assert best(video("no", **fields), video("yes", type="Teaser", iso_639_1="")) == "yes"


def test_the_address_of_the_trailer() -> None:
    assert best_trailer([], "en") is None
    assert best_trailer([video("dQw4w9WgXcQ")], "en") == "https://www.youtube.com/watch?v=dQw4w9WgXcQ"
    assert best_trailer([video("", site="Vimeo", key="76979871")], "en") == "https://vimeo.com/76979871"
