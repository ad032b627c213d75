"""Read delimited files row by row with correct line numbers, and stop at broken rows or skip them."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from recsvc.errors import BadRowError, DataError

OnError: TypeAlias = Literal["stop", "skip"]


@dataclass(frozen=True, slots=True)
class Delimited:
    """The format of a file: `width` fields in each line and no header, or CSV with a header if `width` is None."""

    separator: str
    width: int | None = None


CSV = Delimited(",")


class RowErrorPolicy:
    """Stop at the first broken row, or skip broken rows and count them in `skipped`."""

    def __init__(self, on_error: OnError) -> None:
        self.on_error = on_error
        self.skipped = 0

    def reject(self, file: Path, line: int, reason: str, *, rows: int = 1) -> None:
        """Reject the row that starts at `line`; `rows` is the number of rows that are lost.

        Raises:
            BadRowError: broken rows are not skipped.
        """
        if self.on_error == "stop":
            raise BadRowError(file, line, reason)
        self.skipped += rows


def header_of(file: Path) -> list[str]:
    """Return the column names in the first line of a CSV file; a byte order mark is allowed.

    Raises:
        DataError: the file cannot be read, or its first line is not CSV.
    """
    try:
        with file.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as stream:
            return [name.strip() for name in next(csv.reader(stream), [])]
    except (OSError, csv.Error) as error:
        raise DataError(f"cannot read the header of {file}: {error}") from None


def positions(file: Path, columns: Sequence[str]) -> list[int]:
    """Return the positions of the named columns of a CSV file; other columns are allowed.

    Raises:
        DataError: a column is missing or occurs twice.
    """
    header = header_of(file)
    for name in columns:
        if header.count(name) != 1:
            wanted = ",".join(columns)
            raise DataError(f"{file}: the header must name each of {wanted} once; it is {','.join(header)[:200]!r}")
    return [header.index(name) for name in columns]


def rows(
    file: Path, layout: Delimited, columns: Sequence[str], row_errors: RowErrorPolicy
) -> Iterator[tuple[int, list[str]]]:
    """Yield the line number (from 1, the header counts) and the fields of `columns` of each complete row.

    Empty lines are skipped. In a file without a header, `columns` are the names of the first fields in order.

    Raises:
        DataError: the file cannot be read, or its header lacks a column.
        BadRowError: a row has too few or too many fields, has a quote that is not closed, or is not text, unless
            `row_errors` skips and counts such rows.
    """
    try:
        if layout.width is None:
            yield from _csv_rows(file, positions(file, columns), row_errors)
        else:
            yield from _plain_rows(file, layout.separator, layout.width, len(columns), row_errors)
    except OSError as error:
        raise DataError(f"cannot read {file}: {error.strerror or error}") from None


def _csv_rows(file: Path, wanted: list[int], row_errors: RowErrorPolicy) -> Iterator[tuple[int, list[str]]]:
    # A byte that is not UTF-8 becomes a lone surrogate, so that only its row is rejected and not the whole file.
    with file.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as stream:
        reader = csv.reader(stream, strict=True)
        width = len(next(reader))
        while True:
            line = reader.line_num + 1
            try:
                fields = next(reader, None)
            except csv.Error as error:
                # A quote that is not closed extends over several lines; each of them counts as a lost row.
                row_errors.reject(file, line, f"not CSV ({error})", rows=max(1, reader.line_num - line + 1))
                continue
            if fields is None:
                return
            if not fields:
                continue
            if len(fields) != width:
                row_errors.reject(file, line, f"{len(fields)} fields where the header has {width}")
                continue
            chosen = [fields[at] for at in wanted]
            if any(not text.isascii() and _undecodable(text) for text in chosen):
                row_errors.reject(file, line, "not UTF-8")
                continue
            yield line, chosen


def _plain_rows(
    file: Path, separator: str, width: int, wanted: int, row_errors: RowErrorPolicy
) -> Iterator[tuple[int, list[str]]]:
    raw = file.read_bytes()
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        text = raw.decode("latin-1")  # as in the files of GroupLens; accented Latin-1 text is never valid UTF-8
    # Not splitlines(): it also splits at characters that occur in Latin-1 titles.
    for line, ending in enumerate(text.split("\n"), start=1):
        content = ending.removesuffix("\r")
        if not content:
            continue
        fields = content.split(separator)
        if len(fields) != width:
            row_errors.reject(file, line, f"{len(fields)} fields instead of {width}")
            continue
        yield line, fields[:wanted]


def _undecodable(text: str) -> bool:
    return any("\udc80" <= c <= "\udcff" for c in text)
