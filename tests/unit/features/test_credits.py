from __future__ import annotations

from pathlib import Path

import pytest

from recsvc.features.credits import Credits
from recsvc.types import State
from tests.contracts.worlds import stored

CREDITED = [("Zoë Zed", "Ada"), (), ("ada", "Bo"), ("Bo", "Bo")]


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("Ada", [0, 2]),
        ("ADA", [0, 2]),
        ("Bo", [2, 3]),
        ("zoë zed", [0]),
        ("", []),
        ("Zz", []),
        ("A", []),
        ("B\ud800", []),
    ],
)
def test_the_movies_of_a_name_in_any_case(name: str, rows: list[int], tmp_path: Path) -> None:
    made = Credits.of(CREDITED)
    again = Credits.from_arrays(stored(State({}, made.arrays("actors")), tmp_path).arrays, "actors")
    assert made.movies(name).tolist() == again.movies(name).tolist() == rows


def test_nobody_is_credited() -> None:
    assert Credits.of([(), ()]).movies("Ada").tolist() == []
