"""recsvc models: show the registry, and choose the version that serves."""

from __future__ import annotations

from typing import Annotated

import typer

from recsvc import terminal
from recsvc.cli.options import SwitchCatalogue
from recsvc.settings import load_settings

commands = typer.Typer(help="Show the registry, and choose the version that serves.", no_args_is_help=True)
Version = Annotated[str, typer.Argument(help="A version, or 'production'.")]
Why = Annotated[str, typer.Option("--why", help="The reason, written into the alias log.")]


@commands.command("list")
def models_list() -> None:
    """List all versions, newest first; damaged ones are marked."""
    from recsvc.registry.store import Registry

    terminal.show_versions(Registry(load_settings().artifacts_dir))


@commands.command("show")
def models_show(version: Version = "production") -> None:
    """Print the manifest of a version."""
    from recsvc.registry.store import Registry

    registry = Registry(load_settings().artifacts_dir)
    terminal.say(registry.manifest(registry.resolve(version)).model_dump_json(indent=2))


@commands.command("verify")
def models_verify(version: Version = "production") -> None:
    """Check every file of a version against its hash."""
    from recsvc.registry.store import Registry

    registry = Registry(load_settings().artifacts_dir)
    manifest = registry.verify(registry.resolve(version))
    terminal.say(f"{manifest.version} is whole: {len(manifest.files)} files match their hashes")


@commands.command("promote")
def models_promote(
    version: Annotated[str, typer.Argument(help="The version to put into production.")],
    why: Why = "",
    switch_catalogue: SwitchCatalogue = False,
) -> None:
    """Put a version into production."""
    from recsvc.registry.store import Registry
    from recsvc.usecases.models import promote

    registry = Registry(load_settings().artifacts_dir)
    entry = promote(registry, version, who=terminal.whoami(), why=why, switch_catalogue=switch_catalogue)
    terminal.say(f"{entry.alias} is {entry.version} now")


@commands.command("rollback")
def models_rollback(why: Why = "", switch_catalogue: SwitchCatalogue = False) -> None:
    """Put the version before into production again."""
    from recsvc.registry.store import Registry
    from recsvc.usecases.models import roll_back

    registry = Registry(load_settings().artifacts_dir)
    entry = roll_back(registry, who=terminal.whoami(), why=why, switch_catalogue=switch_catalogue)
    terminal.say(f"{entry.alias} is {entry.version} now")


@commands.command("challenge")
def models_challenge(
    version: Annotated[str, typer.Argument(help="The version that is to answer a share of the users.")],
    weight: Annotated[float, typer.Option(min=0, max=1, help="Its share of the users; 0 ends it.")],
    why: Why = "",
) -> None:
    """Let a version answer a share of the users beside the one in production."""
    from recsvc.registry.store import Registry
    from recsvc.usecases.models import challenge

    challenge(Registry(load_settings().artifacts_dir), version, weight, who=terminal.whoami(), why=why)
    terminal.say(f"{version} answers {weight:.1%} of the users" if weight else f"{version} answers nobody any more")


@commands.command("prune")
def models_prune(
    keep: Annotated[int, typer.Option(min=2, help="How many of the newest whole versions of a catalogue stay.")] = 2,
) -> None:
    """Remove old versions, but what serves, what a rollback goes to, and the first version of a catalogue."""
    from recsvc.registry.store import Registry
    from recsvc.usecases.models import prune

    removed = prune(Registry(load_settings().artifacts_dir), keep=keep)
    for version in removed:
        terminal.say(f"{version} is removed")
    if not removed:
        terminal.say("there is nothing to remove")
