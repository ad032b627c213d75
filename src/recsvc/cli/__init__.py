"""The command line: recsvc and the name of a command."""

from __future__ import annotations

import sys

import typer

from recsvc import terminal
from recsvc.cli import data, feedback, keys, models
from recsvc.cli.doctor import doctor
from recsvc.cli.evaluate import evaluate
from recsvc.cli.recommend import recommend
from recsvc.cli.report import report
from recsvc.cli.retrain import retrain
from recsvc.cli.serve import serve
from recsvc.cli.train import train
from recsvc.cli.tune import tune
from recsvc.errors import RecsvcError

app = typer.Typer(
    name="recsvc",
    help="A self-hosted movie recommender.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(data.commands, name="data")
app.add_typer(models.commands, name="models")
app.add_typer(feedback.commands, name="feedback")
app.add_typer(keys.commands, name="keys")
for command in (train, retrain, evaluate, tune, report, recommend, serve, doctor):
    app.command()(command)


def main() -> None:
    """Run a command; an error that is raised on purpose is one line and exit code 1."""
    try:
        app()
    except RecsvcError as error:
        terminal.fail(str(error))
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
    except OSError as error:
        terminal.fail(f"{error.filename}: {error.strerror}" if error.filename else str(error))
