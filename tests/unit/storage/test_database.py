from __future__ import annotations

import asyncio
import os
import socket
import stat
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest

from recsvc.errors import ConfigurationError, NotReadyError
from recsvc.storage import feedback
from recsvc.storage.database import Database
from recsvc.storage.feedback import Feedback
from recsvc.types import FeedbackKind
from tests.databases import CATALOGUE
from tests.requirements import need_extra

pytestmark = pytest.mark.anyio


async def refusal(url: str) -> str:
    """The message of the ConfigurationError that opening raises, which is one line."""
    with pytest.raises(ConfigurationError) as caught:
        await Database.open(url)
    message = str(caught.value)
    assert message.splitlines() == [message]
    return message


async def test_what_was_written_is_there_after_opening_again(new_database_url: str) -> None:
    for expected in (True, False):
        database = await Database.open(new_database_url)
        await database.ping()
        async with database.write() as transaction:
            assert await feedback.put(transaction, CATALOGUE, Feedback("ann", 1, FeedbackKind.LIKED)) is expected
        await database.close()


async def test_closing_twice_is_harmless_and_reading_after_it_is_refused(new_database_url: str) -> None:
    database = await Database.open(new_database_url)
    await database.reader.read(CATALOGUE, "ann")
    await database.close()
    await database.close()
    with pytest.raises(NotReadyError):
        await database.reader.read(CATALOGUE, "ann")


async def test_only_two_kinds_of_database() -> None:
    assert "sqlite:///" in await refusal("mysql://root:secret@127.0.0.1/recsvc")


def modes_in(folder: Path) -> dict[str, int]:
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}


class TestSqlite:
    async def test_the_path_is_relative_to_the_working_directory(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        database = await Database.open("sqlite:///new/folder/recsvc.db")
        monkeypatch.chdir("/")
        assert (tmp_path / "new/folder/recsvc.db").is_file()
        await database.ping()
        await database.close()

    async def test_four_slashes_are_an_absolute_path(self, tmp_path: Path) -> None:
        strange = tmp_path / "a folder #1 100%"
        database = await Database.open(f"sqlite:///{strange}/recsvc.db")
        await database.ping()
        await database.close()
        assert [path.name for path in strange.iterdir()] == ["recsvc.db"]

    async def test_nobody_else_may_read_it(self, tmp_path: Path) -> None:
        before = os.umask(0)
        try:
            database = await Database.open(f"sqlite:///{tmp_path}/recsvc.db")
            async with database.write() as transaction:
                await feedback.put(transaction, CATALOGUE, Feedback("ann", 1, FeedbackKind.LIKED))
            assert modes_in(tmp_path) == {"recsvc.db": 0o600, "recsvc.db-wal": 0o600, "recsvc.db-shm": 0o600}
            await database.close()
        finally:
            os.umask(before)

    @pytest.mark.parametrize("url", ["sqlite:///", "sqlite:///:memory:", "sqlite:///recsvc.db?mode=ro"])
    async def test_a_file_without_options(self, url: str) -> None:
        assert "is a file without options" in await refusal(url)

    async def test_not_a_database(self, tmp_path: Path) -> None:
        path = tmp_path / "notes.txt"
        path.write_text("These are notes, and no database.\n" * 100)
        before = path.read_bytes()
        assert await refusal(f"sqlite:///{path}") == f"cannot use the database {path}: file is not a database"
        assert path.read_bytes() == before

    async def test_a_file_where_a_folder_should_be(self, tmp_path: Path) -> None:
        (tmp_path / "data").write_text("")
        assert str(tmp_path / "data/recsvc.db") in await refusal(f"sqlite:///{tmp_path}/data/recsvc.db")

    async def test_a_folder_where_the_file_should_be(self, tmp_path: Path) -> None:
        assert "unable to open database file" in await refusal(f"sqlite:///{tmp_path}")

    @pytest.mark.parametrize("name", ["recsvc.db", "new/recsvc.db"])
    async def test_an_unwritable_folder(self, name: str) -> None:
        with unwritable_folder() as folder:
            assert f"cannot use the database {folder / name}" in await refusal(f"sqlite:///{folder / name}")

    async def test_an_unwritable_file(self) -> None:
        with unwritable_folder("recsvc.db") as folder:
            assert "readonly" in await refusal(f"sqlite:///{folder}/recsvc.db")


@contextmanager
def unwritable_folder(*files: str) -> Iterator[Path]:
    """A folder with empty files: this process can look at both and write to neither, even when it is root."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file in files:
            (folder / file).touch(0o444)
        folder.chmod(0o555)
        with as_somebody():
            yield folder
        folder.chmod(0o755)


@contextmanager
def as_somebody() -> Iterator[None]:
    """Root may write everywhere: be somebody else meanwhile."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


class TestPostgresql:
    async def test_nobody_listens(self) -> None:
        need_extra("postgres", "asyncpg")
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            port = taken.getsockname()[1]
            message = await refusal(f"postgresql://me:secret@127.0.0.1:{port}/recsvc")
        assert message.startswith(f"cannot use PostgreSQL at 127.0.0.1:{port}/recsvc: ")
        assert "secret" not in message

    async def test_a_wrong_password(self) -> None:
        need_extra("postgres", "asyncpg")
        async with server_that_refuses("28P01", 'password authentication failed for user "me"') as port:
            message = await refusal(f"postgresql://me:secret@127.0.0.1:{port}/recsvc")
        assert message == (
            f'cannot use PostgreSQL at 127.0.0.1:{port}/recsvc: password authentication failed for user "me"'
        )

    async def test_no_such_database(self, new_postgres_url: str) -> None:
        assert "does not exist" in await refusal(f"{new_postgres_url}_absent")

    async def test_a_database_that_only_reads(self, new_postgres_url: str) -> None:
        assert "read-only transaction" in await refusal(f"{new_postgres_url}?default_transaction_read_only=on")

    @pytest.mark.parametrize(("right", "reason"), [("USAGE", "permission denied"), ("CREATE", "no schema")])
    async def test_no_right_to_make_tables(self, new_postgres_url: str, right: str, reason: str) -> None:
        import asyncpg

        address = new_postgres_url.partition("//")[2].rpartition("@")[2]
        role = new_postgres_url.rpartition("/")[2] + "_guest"
        connection = await asyncpg.connect(new_postgres_url)
        await connection.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'guest'; GRANT {right} ON SCHEMA public TO {role}")
        try:
            assert reason in await refusal(f"postgresql://{role}:guest@{address}")
        finally:
            await connection.execute(f"DROP OWNED BY {role}; DROP ROLE {role}")
            await connection.close()

    @pytest.mark.parametrize(
        "url",
        [
            "postgresql://me:secret#1@127.0.0.1/recsvc",
            "postgresql://me:secret/1@127.0.0.1/recsvc",
            "postgresql://me:1/secret@127.0.0.1/recsvc",
            "postgresql://me:1?secret@127.0.0.1/recsvc",
            "postgresql://me:secret",
            "postgresql://me:secret@[::1/recsvc",
            "postgresql://me:secret@127.0.0.1:port/recsvc",
            "postgresql://me:secret@127.0.0.1/recsvc?sslmode=secret",
        ],
    )
    async def test_a_url_that_cannot_be_read_is_not_quoted(self, url: str) -> None:
        need_extra("postgres", "asyncpg")
        message = await refusal(url)
        assert "percent-encoded" in message
        assert "secret" not in message

    async def test_libpq_options_are_understood(self, new_postgres_url: str) -> None:
        database = await Database.open(f"{new_postgres_url}?sslmode=disable&application_name=recsvc-test")
        await database.ping()
        await database.close()

    async def test_terminated_connections_are_replaced(self, new_postgres_url: str) -> None:
        database = await Database.open(new_postgres_url)
        for movie_id in range(1, 4):
            await asyncio.gather(*(database.ping() for _ in range(8)))
            await terminate_all(new_postgres_url)
            refused = 0
            while True:
                try:
                    await asyncio.gather(*(database.ping() for _ in range(8)))
                    async with database.write() as transaction:
                        await feedback.put(transaction, CATALOGUE, Feedback("ann", movie_id, FeedbackKind.LIKED))
                    break
                except NotReadyError:
                    refused += 1
                    assert refused <= 2
            assert list((await database.reader.read(CATALOGUE, "ann")).movie_ids) == list(range(1, movie_id + 1))
        await database.close()

    async def test_terminated_within_a_transaction(self, new_postgres_url: str) -> None:
        database = await Database.open(new_postgres_url)

        async def write_and_be_terminated(then: list[Feedback]) -> None:
            async with database.write() as transaction:
                await feedback.put(transaction, CATALOGUE, Feedback("ann", 1, FeedbackKind.LIKED))
                await terminate_all(new_postgres_url)
                await feedback.put_many(transaction, CATALOGUE, then)

        for then in ([Feedback("ann", 2, FeedbackKind.LIKED)], []):
            with pytest.raises(NotReadyError, match=r"^PostgreSQL at \S+: "):
                await write_and_be_terminated(then)
            await database.ping()
        assert len(await database.reader.read(CATALOGUE, "ann")) == 0
        await database.close()

    async def test_a_server_that_went_away_is_not_ready(self, new_postgres_url: str) -> None:
        import asyncpg

        from tests.databases import SERVER_URL

        name = new_postgres_url.rpartition("/")[2]
        database = await Database.open(new_postgres_url)
        await database.reader.read(CATALOGUE, "ann")
        admin = await asyncpg.connect(SERVER_URL)
        await admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        await terminate_all(SERVER_URL, name)
        for _ in range(2):
            with pytest.raises(NotReadyError) as caught:
                await database.ping()
            assert "\n" not in str(caught.value)
            with pytest.raises(NotReadyError):
                await database.reader.read(CATALOGUE, "ann")
        await admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
        await admin.close()
        await database.ping()
        await database.close()


async def terminate_all(url: str, name: str | None = None) -> None:
    """End every other connection to the database, and return when their server processes are gone."""
    import asyncpg

    connection = await asyncpg.connect(url)
    while await connection.fetchval(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
        "WHERE datname = coalesce($1, current_database()) AND pid <> pg_backend_pid()",
        name,
    ):
        pass
    await connection.close()


@asynccontextmanager
async def server_that_refuses(sqlstate: str, message: str) -> AsyncIterator[int]:
    """A PostgreSQL server that knows enough of the protocol to refuse whoever connects; yields its port."""

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            length = int.from_bytes(await reader.readexactly(4))
            body = await reader.readexactly(length - 4)
            if int.from_bytes(body[:4]) == 80877103:  # it asks for TLS
                writer.write(b"N")
                continue
            fields = f"SFATAL\0VFATAL\0C{sqlstate}\0M{message}\0\0".encode()
            writer.write(b"E" + (len(fields) + 4).to_bytes(4) + fields)
            writer.close()
            await writer.wait_closed()
            return

    server = await asyncio.start_server(refuse, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]
