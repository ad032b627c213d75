"""recsvc feedback: export and import what users said, and carry it over to another catalogue."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from recsvc import terminal
from recsvc.settings import Settings, load_settings

if TYPE_CHECKING:
    from recsvc.usecases.catalogues import CarriedFeedback, CarriedLists

commands = typer.Typer(
    help="Export and import what users said, and carry it over to another catalogue.", no_args_is_help=True
)


@commands.command("export")
def feedback_export(
    catalogue: Annotated[
        str | None, typer.Option(help="Only feedback about this catalogue; '' is what belongs to none.")
    ] = None,
    user: Annotated[str | None, typer.Option(help="Only feedback of this user.")] = None,
    output: Annotated[
        Path, typer.Option(help="The file to write, NAME.parquet as Parquet; - is standard output.")
    ] = Path("-"),
) -> None:
    """Write all feedback as CSV or Parquet: one line for each user and movie of a catalogue, with its times in UTC."""
    asyncio.run(_export(load_settings(), catalogue, user, output))


async def _export(settings: Settings, catalogue: str | None, user: str | None, output: Path) -> None:
    from recsvc.cli.feedback_files import writing
    from recsvc.cli.feedback_rows import record
    from recsvc.storage import feedback
    from recsvc.usecases.opening import open_database

    database = await open_database(settings)
    try:
        n_written = 0
        with writing(output) as write:
            async with database.read() as transaction:
                async for page in feedback.pages(transaction, catalogue, user):
                    write([record(name, item) for name, item in page])
                    n_written += len(page)
        if catalogue is not None and not n_written:
            terminal.warn(f"nothing is stored of the catalogue {catalogue or 'without a name'}")
        if user is not None and not n_written:
            terminal.warn(f"nothing is stored of the user {user}")
    finally:
        await database.close()


@commands.command("import")
def feedback_import(
    file: Annotated[Path, typer.Argument(help="A file that `recsvc feedback export` wrote, CSV or NAME.parquet.")],
) -> None:
    """Store feedback from a file, with its own times; where there is some already, the newer one stays.

    It is one transaction: a line that cannot be used is named, and nothing is stored.
    """
    n_read, n_stored = asyncio.run(_import(load_settings(), file))
    terminal.say(f"stored {n_stored:,} of {n_read:,}; of the others there was something as new already")


async def _import(settings: Settings, file: Path) -> tuple[int, int]:
    from recsvc.cli.feedback_rows import read_feedback
    from recsvc.storage import feedback
    from recsvc.usecases.opening import open_database

    given = read_feedback(file)
    database = await open_database(settings)
    try:
        async with database.write() as transaction:
            stored = [await feedback.restore(transaction, catalogue, items) for catalogue, items in given.items()]
    finally:
        await database.close()
    return sum(map(len, given.values())), sum(stored)


@commands.command("carry")
def feedback_carry(
    source: Annotated[str, typer.Option("--from", help="The catalogue to carry from; nothing is removed from it.")],
    target: Annotated[str, typer.Option("--to", help="The catalogue to carry to.")],
) -> None:
    """Copy feedback and lists to the same movies of another catalogue, by IMDb and TMDB ids or title and year.

    Of two opinions of a user about a movie the newer one stays, so that it can be run again.
    """
    terminal.show_carried(source, target, *asyncio.run(_carry(load_settings(), source, target)))


async def _carry(settings: Settings, source: str, target: str) -> tuple[CarriedFeedback, CarriedLists]:
    from recsvc.registry.store import Registry
    from recsvc.usecases.catalogues import carry_over
    from recsvc.usecases.opening import open_database

    database = await open_database(settings)
    try:
        return await carry_over(Registry(settings.artifacts_dir), database, source, target)
    finally:
        await database.close()
