from __future__ import annotations

import asyncio
import os
import shutil
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from recsvc import cli
from recsvc.cli.feedback_files import COLUMNS
from recsvc.storage import feedback
from recsvc.storage.database import Database
from recsvc.storage.feedback import Feedback
from recsvc.types import Attribution, FeedbackKind
from tests.databases import empty
from tests.requirements import need_extra

Run = Callable[..., tuple[int, str, str]]
VERSION = "20261120T101500Z-1f3a9c2e"
LINE = {
    "catalogue": "sample",
    "user_id": "ann",
    "movie_id": "7",
    "kind": "rating",
    "stars": "4.5",
    "created_at": "2026-11-01T10:00:00+00:00",
    "updated_at": "2026-11-02T10:00:00+00:00",
    "revision": "2",
}


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, database_url: str) -> Run:
    """Run a command of `recsvc feedback` on one database."""
    monkeypatch.setenv("RECSVC_ARTIFACTS_DIR", str(tmp_path / "artifacts"))
    monkeypatch.setenv("RECSVC_DATABASE_URL", database_url)

    def command(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["recsvc", "feedback", *arguments])
        with pytest.raises(SystemExit) as end:
            cli.main()
        captured = capsys.readouterr()
        return int(end.value.code or 0), captured.out, captured.err

    return command


def store(url: str, *items: Feedback, catalogue: str = "sample") -> None:
    async def write() -> None:
        database = await Database.open(url)
        async with database.write() as transaction:
            await feedback.put_many(transaction, catalogue, items)
        await database.close()

    asyncio.run(write())


def written(tmp_path: Path, *lines: dict[str, str]) -> Path:
    path = tmp_path / "feedback.csv"
    rows = [",".join(line.get(name, "") for name in COLUMNS) for line in lines]
    path.write_text("\n".join([",".join(COLUMNS), *rows]) + "\n")
    return path


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_what_was_exported_is_imported_as_it_was(run: Run, database_url: str, tmp_path: Path, suffix: str) -> None:
    if suffix == "parquet":
        need_extra("parquet", "pyarrow")
    attribution = Attribution(VERSION, "hybrid", 3)
    store(
        database_url,
        Feedback("ann", 1, FeedbackKind.RATING, 2.5, "token", attribution),
        Feedback("ann", 2, FeedbackKind.LIKED),
        Feedback("anon:0f", 2, FeedbackKind.NOT_INTERESTED),
    )
    store(database_url, Feedback("ann", 2, FeedbackKind.SEEN), catalogue="another")
    path = tmp_path / f"feedback.{suffix}"
    assert run("export", "--output", str(path))[0] == 0
    before = run("export")[1]
    assert before.count("\n") == 5
    if suffix == "csv":
        assert path.read_text() == before
    assert run("export", "--user", "anon:0f")[1].splitlines()[1:] == [
        line for line in before.splitlines() if "anon:0f" in line
    ]
    assert "nothing is stored of the user bob" in run("export", "--user", "bob")[2]
    if database_url.startswith("postgresql"):
        empty(database_url)
    else:
        shutil.move(database_url.removeprefix("sqlite:///"), tmp_path / "lost.db")
    assert run("import", str(path))[1] == "stored 4 of 4; of the others there was something as new already\n"
    assert run("export")[1] == before
    assert run("import", str(path))[1].startswith("stored 0 of 4;")
    store(database_url, Feedback("ann", 1, FeedbackKind.RATING, 5.0))
    assert run("import", str(path))[1].startswith("stored 0 of 4;")
    assert "ann,1,rating,5.0," in run("export")[1]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"catalogue": "No Name"}, "the name 'No Name'"),
        ({"user_id": "a b"}, "user_id 'a b'"),
        ({"user_id": ""}, "user_id ''"),
        ({"movie_id": "x"}, "movie_id 'x'"),
        ({"movie_id": "99999999999999999999"}, "movie_id '99999999999999999999'"),
        ({"kind": "adored"}, "'adored'"),
        ({"kind": "seen"}, "the kind is seen"),
        ({"stars": ""}, "the kind is rating"),
        ({"stars": "4.7"}, "stars 4.7"),
        ({"stars": "nan"}, "stars nan"),
        ({"stars": "many"}, "many"),
        ({"updated_at": "yesterday"}, "updated_at 'yesterday'"),
        ({"created_at": "2026-11-01T10:00:00"}, "has no time zone"),
        ({"created_at": "0001-01-01T00:00:00+05:00"}, "outside of the years 1 to 9999"),
        ({"updated_at": (datetime.now(UTC) + timedelta(days=2)).isoformat()}, "is in the future"),
        ({"revision": "-1"}, "revision '-1'"),
        ({"revision": "0"}, "revision '0'"),
        ({"revision": str(2**31)}, f"revision '{2**31}'"),
        ({"rank": "first"}, "rank 'first'"),
        ({"rank": str(2**31)}, f"rank '{2**31}'"),
        ({"recommendation_id": "to\0ken"}, "NUL"),
        ({"movie_id": "1"}, "there is a line of this user and movie already"),
    ],
)
def test_a_line_that_cannot_be_used_is_named_and_nothing_is_stored(
    run: Run, tmp_path: Path, change: dict[str, str], reason: str
) -> None:
    path = written(tmp_path, {**LINE, "movie_id": "1"}, {**LINE, **change})
    code, _, error = run("import", str(path))
    assert code == 1
    assert f"{path}:3: " in error.replace("\n", "")
    assert reason in error.replace("\n", " ")
    assert run("export")[1].splitlines() == [",".join(COLUMNS)]


def test_times_of_other_zones_are_stored_in_utc(run: Run, tmp_path: Path) -> None:
    times = {"created_at": "2026-11-02T08:30:00+14:00", "updated_at": "2026-11-02T00:00:00-11:30"}
    assert run("import", str(written(tmp_path, {**LINE, **times})))[0] == 0
    assert "2026-11-01T18:30:00+00:00,2026-11-02T11:30:00+00:00" in run("export")[1]


def test_nothing_was_given_first_after_it_was_changed(run: Run, tmp_path: Path) -> None:
    """The first write tells which versions may know of a user who is erased."""
    assert run("import", str(written(tmp_path, {**LINE, "updated_at": "2026-10-31T10:00:00+00:00"})))[0] == 0
    assert "2026-10-31T10:00:00+00:00,2026-10-31T10:00:00+00:00" in run("export")[1]


def parquet_of(tmp_path: Path, *lines: dict[str, object]) -> Path:
    """A file as others may write it, with what types they have."""
    need_extra("parquet", "pyarrow")
    import pyarrow as pa
    from pyarrow import parquet

    path = tmp_path / "feedback.parquet"
    parquet.write_table(pa.Table.from_pylist([{**dict.fromkeys(COLUMNS), **line} for line in lines]), path)
    return path


def test_a_row_of_parquet_is_checked_as_a_line_is(run: Run, tmp_path: Path) -> None:
    path = parquet_of(tmp_path, {**LINE, "movie_id": "1"}, {**LINE, "stars": "4.7"})
    code, _, error = run("import", str(path))
    assert code == 1
    assert f"{path}:2: " in error.replace("\n", "")
    assert "stars 4.7" in error.replace("\n", " ")
    without_zone = datetime(2026, 11, 1, 10)  # noqa: DTZ001 - that is the point
    assert "has no time zone" in run("import", str(parquet_of(tmp_path, {**LINE, "created_at": without_zone})))[2]
    import pyarrow as pa

    path = parquet_of(tmp_path, {**LINE, "created_at": pa.scalar(2**62, pa.timestamp("us", tz="UTC"))})
    assert "cannot read" in run("import", str(path))[2]
    assert run("export")[1].splitlines() == [",".join(COLUMNS)]
    path = parquet_of(tmp_path, {**LINE, "movie_id": 1, "stars": 4.5, "revision": 2})
    assert run("import", str(path))[1].startswith("stored 1 of 1;")


def test_what_is_no_parquet_is_refused(run: Run, tmp_path: Path) -> None:
    need_extra("parquet", "pyarrow")
    path = tmp_path / "other.parquet"
    assert "cannot read" in run("import", str(path))[2]
    path.write_text(",".join(COLUMNS))
    assert "cannot read" in run("import", str(path))[2]
    nowhere = tmp_path / "no-folder" / "feedback.parquet"
    assert "cannot write" in run("export", "--output", str(nowhere))[2]


def test_no_file_takes_the_place_of_a_folder_or_a_device(run: Run, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.csv"
    os.mkfifo(pipe)
    link = tmp_path / "link.csv"
    link.symlink_to(tmp_path / "linked.csv")
    for path in (Path("/"), tmp_path, pipe):
        code, _, error = run("export", "--output", str(path))
        assert (code, "cannot write" in error) == (1, True)
    assert pipe.is_fifo()
    assert run("export", "--output", str(link))[0] == 0
    assert link.is_symlink()
    assert (tmp_path / "linked.csv").read_text().split() == [",".join(COLUMNS)]


def test_parquet_without_its_package_is_refused(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    path = tmp_path / "feedback.parquet"
    for arguments in (("export", "--output", str(path)), ("import", str(path))):
        code, _, error = run(*arguments)
        assert code == 1
        assert "Parquet needs pyarrow: .venv/bin/pip install -e '.[parquet]'" in error.replace("\n", " ")
    assert not path.exists()


def test_a_file_without_the_columns_is_refused(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "other.csv"
    path.write_text("user_id,movie_id\nann,1\n")
    code, _, error = run("import", str(path))
    assert code == 1
    assert "lacks the columns catalogue, kind" in error.replace("\n", " ")
    assert run("import", str(tmp_path / "none.csv"))[0] == 1
