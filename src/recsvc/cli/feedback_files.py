"""The files of `recsvc feedback`: CSV, or Parquet where the name ends in .parquet, with the same columns."""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO, TypeAlias

from recsvc import terminal
from recsvc.errors import ConfigurationError, DataError
from recsvc.types import Attribution

Cell: TypeAlias = str | int | float | datetime | None
Write: TypeAlias = Callable[[Sequence[Sequence[Cell]]], None]
"""Writes lines, each with a cell for each of the columns."""

COLUMNS = (
    "catalogue",
    "user_id",
    "movie_id",
    "kind",
    "stars",
    "created_at",
    "updated_at",
    "revision",
    "recommendation_id",
    *Attribution._fields,
)
_PARQUET = ".parquet"


@contextmanager
def writing(output: Path) -> Iterator[Write]:
    """Open a file that is there once it is whole, or standard output for `-`, and return what writes lines to it.

    Raises:
        ConfigurationError: The file cannot be written, or is Parquet and pyarrow is not installed.
    """
    if str(output) == "-":
        yield _csv_writer(sys.stdout)
    elif output.suffix == _PARQUET:
        with _writing_parquet(output) as write:
            yield write
    else:
        with terminal.writing(output) as file:
            yield _csv_writer(file)


def _csv_writer(file: TextIO) -> Write:
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)
    return lambda lines: writer.writerows(map(_text, line) for line in lines)


@contextmanager
def _writing_parquet(output: Path) -> Iterator[Write]:
    pa, parquet = _pyarrow()
    time = pa.timestamp("us", tz="UTC")
    types = {"movie_id": pa.int64(), "stars": pa.float64(), "revision": pa.int64(), "rank": pa.int64()}
    types |= {"created_at": time, "updated_at": time}
    schema = pa.schema([(name, types.get(name, pa.string())) for name in COLUMNS])

    def write(lines: Sequence[Sequence[Cell]]) -> None:
        rows = [dict(zip(COLUMNS, line, strict=True)) for line in lines]
        writer.write_batch(pa.RecordBatch.from_pylist(rows, schema=schema))

    with terminal.unfinished(output) as beside, parquet.ParquetWriter(beside, schema) as writer:
        yield write


def lines_of(file: Path) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Return the number of each line of a CSV file, or of each row of a Parquet file from 1 on, and its cells as texts.

    Raises:
        DataError: The file cannot be read, or does not have the columns.
        ConfigurationError: It is Parquet, and pyarrow is not installed.
    """
    return _parquet_rows(file) if file.suffix == _PARQUET else _csv_lines(file)


def _csv_lines(file: Path) -> Iterator[tuple[int, Mapping[str, str]]]:
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            lines = csv.DictReader(stream, restval="", strict=True)
            _check_columns(file, lines.fieldnames or ())
            for line in lines:
                yield lines.line_num, line
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"cannot read {file}: {error}") from None


def _parquet_rows(file: Path) -> Iterator[tuple[int, Mapping[str, str]]]:
    pa, parquet = _pyarrow()
    try:
        with parquet.ParquetFile(file) as rows:
            _check_columns(file, rows.schema_arrow.names)
            batches = rows.iter_batches(columns=list(COLUMNS))
            for number, row in enumerate((row for batch in batches for row in batch.to_pylist()), 1):
                yield number, {name: _text(cell) for name, cell in row.items()}
    except (OSError, ValueError, OverflowError, pa.ArrowException) as error:  # a time may be one that Python has not
        raise DataError(f"cannot read {file}: {error}") from None


def _check_columns(file: Path, names: Sequence[str]) -> None:
    missing = [name for name in COLUMNS if name not in names]
    if missing:
        raise DataError(f"{file} lacks the columns {', '.join(missing)}")


def _text(cell: Cell) -> str:
    if cell is None:
        return ""
    return cell.isoformat() if isinstance(cell, datetime) else str(cell)


def _pyarrow() -> tuple[Any, Any]:
    """Return pyarrow and its module for Parquet; raises ConfigurationError if they are not installed."""
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError:
        raise ConfigurationError("Parquet needs pyarrow: .venv/bin/pip install -e '.[parquet]'") from None
    return pa, parquet
