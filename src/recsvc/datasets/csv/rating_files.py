"""Read a file of ratings: all at once if every row is regular, otherwise row by row."""

from __future__ import annotations

import csv
import io
import re
import string
from array import array
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from recsvc.datasets.csv.rows import Delimited, RowErrorPolicy, positions, rows
from recsvc.datasets.dataset import Ratings
from recsvc.datasets.ratings import USER_LABEL, ratings_table
from recsvc.errors import DataError
from recsvc.types import MAX_MOVIE_ID, MAX_STARS, MIN_STARS

COLUMNS = ("userId", "movieId", "rating", "timestamp")
MAX_TIMESTAMP = 253_402_300_799
"""The end of the year 9999; a larger number is in milliseconds, not in seconds."""

_BLOCK = 1 << 24
_PLAIN_BYTES = (string.ascii_letters + string.digits + "._-\r\n").encode()
_NO_DIGIT = np.zeros(256, np.bool_)
_NO_DIGIT[list((string.ascii_letters + "._-").encode())] = True
_WHOLE = re.compile(r"[0-9]{1,18}")


def read_rating_file(file: Path, layout: Delimited, known: NDArray[np.int64], row_errors: RowErrorPolicy) -> Ratings:
    """Read a file of ratings; `known` int64 (n_movies,) are the ids of the movies in the movies file.

    Raises:
        DataError: the file cannot be read or has no valid rating.
        BadRowError: a row is broken, unless `row_errors` skips and counts such rows.
    """
    try:
        table = _in_bulk(file, layout, known)
    except OSError as error:
        raise DataError(f"cannot read {file}: {error.strerror or error}") from None
    if table is None:
        table = _row_by_row(file, layout, known, row_errors)
    if not len(table):
        raise DataError(f"{file} has no ratings")
    return table


def parse_movie_id(text: str) -> int:
    """Parse a movie id.

    Raises:
        ValueError: it is not a whole number from 1 to MAX_MOVIE_ID.
    """
    if not _WHOLE.fullmatch(text) or not 1 <= int(text) <= MAX_MOVIE_ID:
        raise ValueError(f"movie id {text!r} is not a whole number from 1 to {MAX_MOVIE_ID}")
    return int(text)


def _in_bulk(file: Path, layout: Delimited, known: NDArray[np.int64]) -> Ratings | None:
    """Read the whole file at once; None if anything in it is irregular, even a quote character.

    pandas pads short rows, shifts long ones and guesses types, so it is given only files in which each line was checked
    before.
    """
    import pandas as pd

    header = layout.width is None
    wanted = positions(file, COLUMNS) if header else list(range(len(COLUMNS)))
    separator = layout.separator if len(layout.separator) == 1 else "\t"
    with file.open("rb") as stream:
        source: BinaryIO = stream
        if separator != layout.separator:
            if b"\t" in (raw := stream.read()):
                return None
            source = io.BytesIO(raw.replace(layout.separator.encode(), separator.encode()))
        width = source.readline().count(separator.encode()) + 1 if header else layout.width
        start = source.tell()
        if width is None or not _is_regular(source, separator.encode(), width, (wanted[1], wanted[3])):
            return None
        source.seek(start)
        try:
            frame = pd.read_csv(
                source,
                sep=separator,
                header=None,
                usecols=wanted,
                dtype=dict(zip(wanted, ("object", "int64", "float64", "int64"), strict=True)),
                na_filter=False,
                quoting=csv.QUOTE_NONE,
                encoding="ascii",
            )
        except (ValueError, OverflowError, pd.errors.EmptyDataError):
            return None
    users, raw_labels = pd.factorize(frame[wanted[0]].to_numpy())
    movie_ids, stars, timestamps = (frame[at].to_numpy() for at in wanted[1:])
    labels = [str(label) for label in raw_labels]
    halves = stars * 2
    in_order = (
        all(USER_LABEL.fullmatch(label) for label in labels)
        and bool(((halves == np.rint(halves)) & (stars >= MIN_STARS) & (stars <= MAX_STARS)).all())
        and bool(((timestamps >= 0) & (timestamps <= MAX_TIMESTAMP)).all())
        and bool(np.isin(movie_ids, known).all())
    )
    return ratings_table(labels, users, movie_ids, stars, timestamps) if in_order else None


def _is_regular(source: BinaryIO, separator: bytes, width: int, whole: tuple[int, int]) -> bool:
    """Return whether all lines have `width` fields of letters, digits and `._-`, the two `whole` ones only digits."""
    rest = b""
    while chunk := source.read(_BLOCK):
        block = rest + chunk
        cut = block.rfind(b"\n") + 1
        rest = block[cut:]
        if not _regular_lines(block[:cut], separator, width, whole):
            return False
    return not rest or _regular_lines(rest + b"\n", separator, width, whole)


def _regular_lines(block: bytes, separator: bytes, width: int, whole: tuple[int, int]) -> bool:
    if block.translate(None, _PLAIN_BYTES + separator) or block.count(b"\r") != block.count(b"\r\n"):
        return False
    view = np.frombuffer(block, np.uint8)
    ends = np.flatnonzero(view == ord("\n"))
    separators = np.flatnonzero(view == ord(separator))
    if len(separators) != len(ends) * (width - 1):
        return False
    if not len(ends):
        return True
    by_line = separators.reshape(len(ends), width - 1)
    if not ((by_line[:, -1] < ends).all() and (by_line[1:, 0] > ends[:-1]).all()):
        return False
    # pandas would read "10.0" and "1e1" as the whole number 10.
    other = np.flatnonzero(_NO_DIGIT[view])
    field = np.searchsorted(separators, other) - np.searchsorted(ends, other) * (width - 1)
    return not np.isin(field, whole).any()


def _row_by_row(file: Path, layout: Delimited, known: NDArray[np.int64], row_errors: RowErrorPolicy) -> Ratings:
    movies = frozenset(known.tolist())
    codes: dict[str, int] = {}
    users, movie_ids, stars, timestamps = array("i"), array("q"), array("d"), array("q")
    for line, fields in rows(file, layout, COLUMNS, row_errors):
        try:
            label, movie_id, value, when = _parse(fields, movies)
        except ValueError as error:
            row_errors.reject(file, line, str(error))
            continue
        users.append(codes.setdefault(label, len(codes)))
        movie_ids.append(movie_id)
        stars.append(value)
        timestamps.append(when)
    return ratings_table(
        list(codes),
        np.array(users, np.int32),
        np.array(movie_ids, np.int64),
        np.array(stars, np.float64),
        np.array(timestamps, np.int64),
    )


def _parse(fields: Sequence[str], movies: frozenset[int]) -> tuple[str, int, float, int]:
    label, movie, rating, timestamp = fields
    if not USER_LABEL.fullmatch(label):
        raise ValueError(f"user id {label[:100]!r} is not 1 to 80 characters of A-Z a-z 0-9 . _ -")
    movie_id = parse_movie_id(movie)
    if movie_id not in movies:
        raise ValueError(f"movie id {movie_id} is not in the movies file")
    try:
        stars = float(rating) if rating.isascii() and "_" not in rating else float("nan")
    except ValueError:
        raise ValueError(f"rating {rating[:100]!r} is not a number") from None
    if not (MIN_STARS <= stars <= MAX_STARS and (stars * 2).is_integer()):
        raise ValueError(f"rating {rating[:100]!r} is not one of 0.5, 1, 1.5 to 5")
    if not _WHOLE.fullmatch(timestamp) or int(timestamp) > MAX_TIMESTAMP:
        raise ValueError(f"timestamp {timestamp[:100]!r} is not whole seconds since 1970")
    return label, movie_id, stars, int(timestamp)
