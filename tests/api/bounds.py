"""Values that the parameters of lists refuse, with the field that must be named."""

from __future__ import annotations

from tests.api.asking import Json

FILTERS: list[tuple[Json, str]] = [
    ({"genre": "Nope"}, "genre"),
    ({"genre": ["Drama", "Nope"]}, "genre"),
    ({"genre": ""}, "genre.0"),
    ({"genre": "x" * 65}, "genre.0"),
    ({"genre": ["Drama"] * 21}, "genre"),
    *(
        case
        for field in ("director", "actor")
        for case in (
            ({field: ["Nope"]}, field),
            ({field: [""]}, f"{field}.0"),
            ({field: ["x" * 201]}, f"{field}.0"),
            ({field: ["x"] * 21}, field),
        )
    ),
    ({"year_from": -1}, "year_from"),
    ({"year_from": 10_000}, "year_from"),
    ({"year_from": "x"}, "year_from"),
    ({"year_from": ""}, "year_from"),
    ({"year_from": 1e400}, "year_from"),
    ({"year_to": -1}, "year_to"),
    ({"year_to": 10_000}, "year_to"),
    ({"year_to": 1990.5}, "year_to"),
    ({"year_from": 2000, "year_to": 1999}, "year_to"),
    ({"era": "OLD"}, "era"),
    ({"era": ""}, "era"),
    ({"only": ["x"]}, "only.0"),
    ({"only": [1] * 1001}, "only"),
    ({"exclude": "x"}, "exclude.0"),
    ({"exclude": [1, 0]}, "exclude.1"),
    ({"exclude": -1}, "exclude.0"),
    ({"exclude": 2**53}, "exclude.0"),
    ({"exclude": "9" * 400}, "exclude.0"),
    ({"exclude": [1] * 1001}, "exclude"),
    ({"more": 1}, "more"),
    ({"K": 5}, "K"),
]
K: list[tuple[Json, str]] = [
    ({"k": value}, "k") for value in (0, -1, 101, 10**9, 10**30, "x", "", "1.5", "nan", "inf", "9" * 5000)
]
OFFSET: list[tuple[Json, str]] = [({"offset": value}, "offset") for value in (-1, 1001, 10**9, "x", "", "0.5")]
PAGED: list[tuple[Json, str]] = [*K, *OFFSET, *FILTERS]
WANTED: list[tuple[Json, str]] = [
    *PAGED,
    *(({"diversity": value}, "diversity") for value in (-0.1, 1.01, "nan", "inf", "-inf", "x", "", "1e400")),
    *(({"strategy": value}, "strategy") for value in ("x", "", "Hybrid", "svd")),
    *(({"explain": value}, "explain") for value in ("x", "", 2)),
]
USERS = ["", " ", "a b", "a/b", "ä", "a\n", "a\0", "a" * 129, "a" * 10_240, "../ada", "%00"]


def short(value: object) -> str:
    """An id for a test."""
    return repr(value)[:40]
