from __future__ import annotations

import csv
import io
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsvc.datasets.csv.rating_files import read_rating_file
from recsvc.datasets.csv.rows import CSV, Delimited, RowErrorPolicy
from recsvc.datasets.dataset import Ratings
from recsvc.errors import BadRowError

KNOWN = np.array([10, 20, 30, 40], np.int64)
HEADER = "userId,movieId,rating,timestamp\n"


def read(content: str, folder: Path) -> Ratings:
    file = folder / "ratings.csv"
    file.write_text(content, newline="")
    return read_rating_file(file, CSV, KNOWN, RowErrorPolicy("stop"))


def as_rows(ratings: Ratings) -> list[tuple[str, int, float, int]]:
    users = [ratings.user_labels[code] for code in ratings.users.tolist()]
    return list(
        zip(
            users,
            ratings.movie_ids.tolist(),
            ratings.stars.tolist(),
            ratings.timestamps.tolist(),
            strict=True,
        )
    )


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("1,10,4.0", "3 fields"),
        ("1,10,4.0,1,", "5 fields"),
        ("1,10,4.0,1,5", "5 fields"),
        ("1,10", "2 fields"),
        ("1;10;4.0;1", "1 fields"),
        (" ", "1 fields"),
        ("1,10,six,1", "rating 'six'"),
        ("1,10,,1", "rating ''"),
        ("1,10,nan,1", "rating 'nan'"),
        ("1,10,inf,1", "rating 'inf'"),
        ("1,10,-inf,1", "rating '-inf'"),
        ("1,10,0.0,1", "rating '0.0'"),
        ("1,10,5.5,1", "rating '5.5'"),
        ("1,10,4.25,1", "rating '4.25'"),
        ("1,10,4_0,1", "rating '4_0'"),
        ("1,10,４,1", "rating '４'"),
        ("1,99,4.0,1", "99 is not in the movies file"),
        ("1,ten,4.0,1", "movie id 'ten'"),
        ("1,10.0,4.0,1", "movie id '10.0'"),
        ("1,-10,4.0,1", "movie id '-10'"),
        ("1,99999999999999999999,4.0,1", "movie id '9999"),
        (",10,4.0,1", "user id ''"),
        ("a b,10,4.0,1", "user id 'a b'"),
        ("ä,10,4.0,1", "user id 'ä'"),
        (f"{'x' * 81},10,4.0,1", "user id 'xxx"),
        ("1,10,4.0,", "timestamp ''"),
        ("1,10,4.0,1.5", "timestamp '1.5'"),
        ("1,10,4.0,-1", "timestamp '-1'"),
        ("1,10,4.0,1700000000000", "timestamp '1700000000000'"),
        ('1,10,4.0,"1', "not CSV"),
        ("1,1e1,4.0,1", "movie id '1e1'"),
        ("1,10,4.0,1e3", "timestamp '1e3'"),
    ],
)
@pytest.mark.parametrize("before", [1, 3])
def test_a_broken_row_is_reported_with_line_and_reason(tmp_path: Path, row: str, reason: str, before: int) -> None:
    good = "".join(f"{n},10,4.0,1\n" for n in range(before))
    with pytest.raises(BadRowError) as raised:
        read(f"{HEADER}{good}{row}\n7,20,4.0,1\n", tmp_path)
    assert raised.value.line == before + 2
    assert reason in raised.value.reason


def test_the_first_row_may_be_too_long(tmp_path: Path) -> None:
    # pandas would use the first column as an index and shift the other columns
    with pytest.raises(BadRowError, match=":2: 5 fields"):
        read(f"{HEADER}1,10,4.0,1,9\n1,20,4.0,1,9\n", tmp_path)


def test_a_long_row_does_not_hide_a_short_row(tmp_path: Path) -> None:
    with pytest.raises(BadRowError, match=":3: 3 fields"):
        read(f"{HEADER}1,10,4.0,1\n1,20,4.0\n1,30,4.0,1,1\n", tmp_path)


def test_empty_lines_are_skipped_but_counted_in_line_numbers(tmp_path: Path) -> None:
    assert len(read(f"{HEADER}\n1,10,4.0,1\n\n\n2,10,4.0,1\n\n", tmp_path)) == 2
    with pytest.raises(BadRowError, match=":5: "):
        read(f"{HEADER}\n1,10,4.0,1\n\nx\n", tmp_path)


def test_quoted_newlines_do_not_shift_line_numbers(tmp_path: Path) -> None:
    header = "userId,movieId,rating,timestamp,note\n"
    with pytest.raises(BadRowError, match=":5: rating"):
        read(f'{header}1,10,4.0,1,"two\nlines\nthree"\n1,20,9,1,x\n', tmp_path)


def test_labels_are_not_converted(tmp_path: Path) -> None:
    labels = ["007", "7", "NA", "null", "1e3", "1.0", "-1", "x" * 80]
    rows = "".join(f"{label},10,4.0,1\n" for label in labels)
    assert set(read(HEADER + rows, tmp_path).user_labels) == set(labels)


def test_a_single_carriage_return_ends_a_line(tmp_path: Path) -> None:
    text = f"{HEADER}1,10,4.0,1\n2,20,5,2\n".replace("\n", "\r")
    assert as_rows(read(text, tmp_path)) == [("1", 10, 4.0, 1), ("2", 20, 5.0, 2)]


def test_the_last_line_may_lack_a_line_ending(tmp_path: Path) -> None:
    assert as_rows(read(f"{HEADER}1,10,4.0,1\r\n2,20,.5,2", tmp_path)) == [
        ("1", 10, 4.0, 1),
        ("2", 20, 0.5, 2),
    ]


@pytest.mark.parametrize(
    ("separator", "row"),
    [("\t", "1\t10\t4\t5"), ("::", "1::10::4::5"), ("::", "1\t10\t4\t5"), ("\t", "1::10::4::5")],
)
def test_a_file_without_a_header_is_split_at_its_own_separator_only(tmp_path: Path, separator: str, row: str) -> None:
    file = tmp_path / "u.data"
    file.write_text(f"{row}\n")
    if separator in row:
        table = read_rating_file(file, Delimited(separator, 4), KNOWN, RowErrorPolicy("stop"))
        assert as_rows(table) == [("1", 10, 4.0, 5)]
    else:
        with pytest.raises(BadRowError, match=":1: 1 fields"):
            read_rating_file(file, Delimited(separator, 4), KNOWN, RowErrorPolicy("stop"))


def newest(rows: list[tuple[str, int, float, int]]) -> list[tuple[str, int, float, int]]:
    """Return the expected rows: for each user and movie the newest rating, the last of equally new ones."""
    kept: dict[tuple[str, int], int] = {}
    for at, (label, movie_id, _, timestamp) in enumerate(rows):
        earlier = kept.get((label, movie_id))
        if earlier is None or rows[earlier][3] <= timestamp:
            kept[label, movie_id] = at
    return [rows[at] for at in sorted(kept.values())]


rows_of_ratings = st.lists(
    st.tuples(
        st.text("abz019._-", min_size=1, max_size=3),
        st.sampled_from(KNOWN.tolist()),
        st.integers(1, 10).map(lambda halves: halves / 2),
        st.integers(0, 5),
    ),
    min_size=1,
    max_size=40,
)


@given(
    rows=rows_of_ratings,
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),  # read at once, and row by row
    ending=st.sampled_from(["\n", "\r\n"]),
    mark=st.booleans(),
)
@settings(deadline=None, max_examples=150)
def test_written_ratings_are_read_again(
    rows: list[tuple[str, int, float, int]], quoting: int, ending: str, mark: bool
) -> None:
    text = io.StringIO()
    writer = csv.writer(text, quoting=quoting, lineterminator=ending)  # type: ignore[arg-type]
    writer.writerows([HEADER.strip().split(","), *rows])
    with tempfile.TemporaryDirectory() as folder:
        table = read(("\ufeff" if mark else "") + text.getvalue(), Path(folder))
    assert as_rows(table) == newest(rows)
    numbers = sorted((x for x in {row[0] for row in rows} if x.isdigit()), key=lambda x: (int(x), x))
    words = sorted(x for x in {row[0] for row in rows} if not x.isdigit())
    assert table.user_labels == (*numbers, *words)
    dtypes = [str(column.dtype) for column in (table.users, table.movie_ids, table.stars, table.timestamps)]
    assert dtypes == ["int32", "int64", "float32", "int64"]
