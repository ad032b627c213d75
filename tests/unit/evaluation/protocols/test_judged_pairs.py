from __future__ import annotations

from pathlib import Path

import pytest

from recsvc.errors import BadRowError, DataError
from recsvc.evaluation.protocols.judged_pairs import JudgedPair, Named, find_pairs, read_pairs
from recsvc.types import Movie

HEADER = "title_1\tyear_1\ttitle_2\tyear_2\trating\n"
CATALOGUE = [
    Movie(1, "The Matrix", 1999),
    Movie(2, "Heat", 1995),
    Movie(3, "Heat", 1972),
    Movie(4, "Spirited Away", 2001, other_titles=("Sen to Chihiro no kamikakushi",)),
    Movie(5, "Crash", 2004),
    Movie(6, "Crash", 2006),
    Movie(7, "Amélie & Co", 2001),
    Movie(8, "Another", 2010, other_titles=("Heat",)),
    Movie(9, "Heat", None),
    Movie(10, "$", 1971),
    Movie(11, "Twins", 1990),
    Movie(12, "Twins", 1990),
]


def written(tmp_path: Path, *lines: str, header: str = HEADER) -> Path:
    path = tmp_path / "pairs.tsv"
    path.write_text(header + "".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def test_pairs_are_read(tmp_path: Path) -> None:
    path = written(tmp_path, 'heat\t1995\tsay "x"\t1999\tOK', "", "a\t2000\tb\t2001\tNOT_OK\r")
    assert read_pairs(path) == (
        JudgedPair(Named("heat", 1995), Named('say "x"', 1999), True),
        JudgedPair(Named("a", 2000), Named("b", 2001), False),
    )


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("a\t2000\tb\t2001", "4 fields instead of 5"),
        ("a\t2000\tb\t201\tOK", "'201' is not a year"),
        ("a\ttwo\tb\t2001\tOK", "'two' is not a year"),
        ("a\t2000\tb\t2001\tok", "'ok' is neither of OK, NOT_OK"),
    ],
)
def test_a_broken_row_is_named(tmp_path: Path, line: str, reason: str) -> None:
    path = written(tmp_path, "a\t2000\tb\t2001\tOK", line)
    with pytest.raises(BadRowError) as error:
        read_pairs(path)
    assert str(error.value) == f"{path}:3: {reason}"


def test_a_file_that_is_not_of_pairs_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none\.tsv: No such file"):
        read_pairs(tmp_path / "none.tsv")
    with pytest.raises(DataError, match="the header must be title_1, year_1"):
        read_pairs(written(tmp_path, header="first\tsecond\n"))


@pytest.mark.parametrize(
    ("title", "year", "row"),
    [
        ("matrix", 1999, 0),
        ("MATRIX, the", 1999, None),
        ("the matrix", 1998, 0),
        ("the matrix", 2000, 0),
        ("the matrix", 2001, None),
        ("heat", 1995, 1),
        ("heat", 1972, 2),
        ("heat", 2010, 7),
        ("heat", 2011, 7),
        ("heat", 1980, None),
        ("Sen to Chihiro no Kamikakushi", 2001, 3),
        ("crash", 2004, 4),
        ("crash", 2005, None),  # a year from either
        ("amelie and co", 2001, 6),
        ("$", 1971, None),
        ("twins", 1990, None),
    ],
)
def test_movies_are_found(title: str, year: int, row: int | None) -> None:
    pairs = find_pairs([JudgedPair(Named(title, year), Named("Spirited Away", 2001), True)], CATALOGUE)
    found = pairs.first.tolist()
    assert found == ([] if row is None or row == 3 else [row])
    assert pairs.n_judged == 1


def test_pairs_with_a_movie_that_is_not_in_the_catalogue_are_left_out() -> None:
    judged = [
        JudgedPair(Named("heat", 1995), Named("crash", 2004), True),
        JudgedPair(Named("heat", 1995), Named("nowhere", 2004), True),
        JudgedPair(Named("crash", 2006), Named("the matrix", 1999), False),
        JudgedPair(Named("heat", 1995), Named("heat", 1996), False),  # twice the same movie
    ]
    pairs = find_pairs(judged, CATALOGUE)
    assert (pairs.first.tolist(), pairs.second.tolist(), pairs.ok.tolist()) == ([1, 5], [4, 0], [True, False])
    assert (len(pairs), pairs.n_judged) == (2, 4)
