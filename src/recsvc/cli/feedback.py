"""recsvc feedback: export what users said, and carry it over to another catalogue."""

from __future__ import annotations

import asyncio
import csv
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from recsvc import terminal
from recsvc.settings import Settings, load_settings
from recsvc.types import Attribution

if TYPE_CHECKING:
    from recsvc.storage.feedback import StoredFeedback
    from recsvc.usecases.catalogues import CarriedFeedback, CarriedLists

_COLUMNS = (
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

commands = typer.Typer(help="Export what users said, and carry it over to another catalogue.", no_args_is_help=True)


@commands.command("export")
def feedback_export(
    catalogue: Annotated[
        str | None, typer.Option(help="Only feedback about this catalogue; '' is what belongs to none.")
    ] = None,
    output: Annotated[Path, typer.Option(help="The file to write; - is standard output.")] = Path("-"),
) -> None:
    """Write all feedback as CSV: one line for each user and movie of a catalogue, with its times in UTC."""
    asyncio.run(_export(load_settings(), catalogue, output))


async def _export(settings: Settings, catalogue: str | None, output: Path) -> None:
    from recsvc.storage import feedback
    from recsvc.usecases.opening import open_database

    database = await open_database(settings)
    try:
        with ExitStack() as stack:
            file: TextIO = sys.stdout
            if str(output) != "-":
                file = stack.enter_context(terminal.writing(output))
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(_COLUMNS)
            async with database.read() as transaction:
                n_written = 0
                async for page in feedback.pages(transaction, catalogue):
                    writer.writerows(_record(name, item) for name, item in page)
                    n_written += len(page)
        if catalogue is not None and not n_written:
            terminal.warn(f"nothing is stored of the catalogue {catalogue or 'without a name'}")
    finally:
        await database.close()


def _record(catalogue: str, item: StoredFeedback) -> tuple[object, ...]:
    times = (None if time is None else time.isoformat() for time in (item.created_at, item.updated_at))
    told = (item.kind.value, item.stars, *times, item.revision, item.recommendation_id)
    return (catalogue, item.user_id, item.movie_id, *told, *(item.attribution or (None, None, None)))


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
