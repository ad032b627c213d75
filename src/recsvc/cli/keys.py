"""recsvc keys: the API keys of servers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from recsvc import terminal
from recsvc.settings import load_settings
from recsvc.types import Scope

if TYPE_CHECKING:
    from recsvc.storage.database import Database

T = TypeVar("T")
commands = typer.Typer(help="Make, list and revoke the API keys of servers.", no_args_is_help=True)


def _with_database(act: Callable[[Database], Awaitable[T]]) -> T:
    from recsvc.usecases.opening import open_database

    async def run() -> T:
        database = await open_database(load_settings())
        try:
            return await act(database)
        finally:
            await database.close()

    return asyncio.run(run())


@commands.command("add")
def keys_add(
    scopes: Annotated[list[Scope], typer.Argument(help="What it may be used for.")],
    note: Annotated[str, typer.Option(help="Whose it is.")] = "",
) -> None:
    """Make a key and print it; it is stored as a hash, and cannot be printed again."""
    from recsvc.usecases.keys import make_key

    terminal.say(_with_database(lambda database: make_key(database, set(scopes), note)))


@commands.command("list")
def keys_list() -> None:
    """List the keys: id, scopes, when it was made, and the note."""
    from recsvc.usecases.keys import list_keys

    for key in _with_database(list_keys):
        terminal.say(f"{key.key_id}  {key.scopes:16}  {key.created_at:%Y-%m-%d}  {key.note}".rstrip())


@commands.command("revoke")
def keys_revoke(key_id: Annotated[str, typer.Argument(help="The id of a key, as in `recsvc keys list`.")]) -> None:
    """Revoke a key: it is refused from the next request on."""
    from recsvc.usecases.keys import revoke_key

    _with_database(lambda database: revoke_key(database, key_id))
    terminal.say(f"{key_id} is revoked")
