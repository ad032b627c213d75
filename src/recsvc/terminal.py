"""The output of the command line: lines, tables and progress bars.

Results go to standard output, everything else to standard error.
"""

from __future__ import annotations

import getpass
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TextIO

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.table import Table
from rich.text import Text

from recsvc.errors import ConfigurationError, OutdatedVersionError, UnusableVersionError
from recsvc.types import title_and_year

if TYPE_CHECKING:
    from recsvc.datasets.dataset import Dataset
    from recsvc.datasets.describe import Description
    from recsvc.datasets.tmdb.fetch import FetchReport
    from recsvc.engine.answer import Answer
    from recsvc.evaluation.metrics.bootstrap import Interval
    from recsvc.registry.manifest import Manifest
    from recsvc.registry.store import Registry
    from recsvc.research.similarity_weights import SimilarityStudy
    from recsvc.training.costs import Estimate
    from recsvc.tuning.budget import Budget
    from recsvc.tuning.search import Study
    from recsvc.usecases.catalogues import CarriedFeedback, CarriedLists

PIPED_WIDTH = 200

out = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else PIPED_WIDTH)
err = Console(stderr=True, highlight=False, soft_wrap=True)


def _table(*columns: str, title: str = "", show_header: bool = True) -> Table:
    """Return a table whose texts are shown as they are: square brackets are not read as markup, in `_add` neither."""
    table = Table(title=Text(title) if title else None, show_header=show_header)
    for column in columns:
        table.add_column(Text(column))
    return table


def _add(table: Table, *cells: str) -> None:
    table.add_row(*(Text(cell) for cell in cells))


def say(text: str) -> None:
    """Print a result."""
    out.print(text, markup=False)


def warn(text: str) -> None:
    """Print a warning to standard error."""
    err.print(text, style="yellow", markup=False)


def fail(text: str) -> NoReturn:
    """Print one line and end with exit code 1."""
    err.print(f"recsvc: {text}", style="red", markup=False)
    sys.exit(1)


def whoami() -> str:
    """Return the name of the user who runs the command, or `unknown`."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


class Steps:
    """A progress bar over steps, whose number may turn out to be larger on the way."""

    def __init__(self, progress: Progress, task: TaskID, total: int) -> None:
        self._progress, self._task, self._total = progress, task, total
        self._begun = 0

    def __call__(self, name: str) -> None:
        """Begin a step."""
        self._progress.update(self._task, description=name, completed=self._begun)
        self._begun += 1

    def add(self, more: int) -> None:
        """Expect that many more steps."""
        self._total += more
        self._progress.update(self._task, total=self._total)

    def end(self) -> None:
        """Show that all is done."""
        self._progress.update(self._task, description="done", completed=self._total)


@contextmanager
def steps(total: int) -> Iterator[Steps]:
    """Show a progress bar over named steps; call the yielded object with its name as each step begins."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err) as progress:
        shown = Steps(progress, progress.add_task("", total=total), total)
        yield shown
        shown.end()


@contextmanager
def download_progress(name: str) -> Iterator[Callable[[int, int | None], None]]:
    """Show a progress bar over bytes; call the yielded function with the bytes so far and the size of the file."""
    with Progress(TextColumn(name), BarColumn(), DownloadColumn(), TransferSpeedColumn(), console=err) as progress:
        task = progress.add_task("", total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


@contextmanager
def movie_progress() -> Iterator[Callable[[int, int], None]]:
    """Show a progress bar over movies; call the yielded function with how many are done and how many there are."""
    columns = (TextColumn("asking TMDB"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err) as progress:
        task = progress.add_task("", total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


@contextmanager
def counting() -> Iterator[Callable[[str, int], None]]:
    """Show a progress bar over jobs; call the yielded function with the name of each finished job and the total.

    The bar is shown in a terminal only, so that a log file does not contain it.
    """
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as progress:
        task = progress.add_task("measuring", total=None)
        yield lambda name, total: progress.update(task, description=name, advance=1, total=total)


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write JSON to a file, or to standard output for `-`."""
    text = json.dumps(content, indent=2) + "\n"
    if str(path) == "-":
        sys.stdout.write(text)
    else:
        write_text(path, text)


def write_text(path: Path, text: str) -> None:
    """Write a file; a ConfigurationError names one that cannot be written."""
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"cannot write {path}: {error.strerror}") from error


@contextmanager
def writing(path: Path) -> Iterator[TextIO]:
    """Open a text file that is there once it is whole; a ConfigurationError names one that cannot be written."""
    with unfinished(path) as beside, beside.open("w", encoding="utf-8", newline="") as file:
        yield file


@contextmanager
def unfinished(path: Path) -> Iterator[Path]:
    """Return where to write a file that is there once it is whole; raises as `writing` does."""
    target = path.resolve()
    if target.exists() and not target.is_file():  # a folder, or a device, in whose place there must be no file
        raise ConfigurationError(f"cannot write {path}: it is there, and no file")
    beside = target.with_name(f".{target.name}.unfinished")
    try:
        yield beside
        beside.replace(target)
    except OSError as error:
        raise ConfigurationError(f"cannot write {path}: {error.strerror or error}") from error
    finally:
        beside.unlink(missing_ok=True)


def show_description(dataset: Dataset, description: Description) -> None:
    """Print a dataset in numbers."""
    title = description.name + (" (simulated ratings)" if description.simulated else "")
    table = _table("", "", title=title, show_header=False)
    _add(table, "users", f"{description.users:,}")
    _add(table, "movies", f"{description.movies:,} ({description.rated_movies:,} rated)")
    _add(
        table,
        "ratings",
        f"{description.ratings:,} from {description.first_date} to {description.last_date}, "
        f"mean {description.mean_rating:.2f} stars",
    )
    _add(table, "sparsity", f"{description.sparsity:.2%} of the cells are empty")
    for name, counts in (
        ("ratings a user", description.ratings_per_user),
        ("ratings a movie", description.ratings_per_movie),
    ):
        _add(table, name, f"{counts.min}-{counts.max}, median {counts.median:g}, mean {counts.mean:.1f}")
    tail = description.long_tail
    _add(
        table,
        "long tail",
        f"the top 1 / 10 / 20 % of the movies have {tail.top_1_percent:.0%} / {tail.top_10_percent:.0%} / "
        f"{tail.top_20_percent:.0%} of the ratings",
    )
    _add(
        table,
        "",
        f"{tail.movies_for_half:,} movies make half of the ratings; {tail.movies_below_5:,} have fewer than 5",
    )
    coverage = asdict(description.coverage)
    _add(table, "movies with", ", ".join(f"{name} {count:,}" for name, count in coverage.items()))
    _add(table, "genres", ", ".join(f"{genre} {count:,}" for genre, count in description.genres.items()))
    _add(table, "decades", ", ".join(f"{name} {count:,}" for name, count in description.movies_by_decade.items()))
    out.print(table)
    most = max(description.rating_counts.values())
    for stars, count in description.rating_counts.items():
        say(f"{stars} {'█' * round(40 * count / most):40} {count:>10,}  {count / description.ratings:.1%}")
    if dataset.notice:
        warn(dataset.notice)


def show_fetched(name: str, missing: Path, report: FetchReport) -> None:
    """Print how many movies have TMDB data, and why the others do not have it."""
    from recsvc.datasets.tmdb.movie import TMDB_NOTICE

    say(f"{name}: {report.kept:,} of {report.movies:,} movies have TMDB data; {report.asked:,} were asked for now")
    for count, why in (
        (report.unmatched, "were not matched by title and year"),
        (report.removed, "are not at TMDB (any more)"),
        (report.left, "are not fetched yet"),
    ):
        if count:
            say(f"{count:,} {why}")
    if report.kept < report.movies:
        say(f"the movies without TMDB data, and why: {missing}")
    warn(TMDB_NOTICE)


def show_results(report: dict[str, Any]) -> None:
    """Print the table of an evaluation."""
    from recsvc.evaluation.results import facts_of, table_of

    headings, rows = table_of(report, brief=True)
    table = _table(*headings, title=facts_of(report)[0])
    for row in rows:
        _add(table, *row)
    out.print(table)


def tell_estimate(estimate: Estimate) -> None:
    """Say beforehand what a training needs in all."""
    err.print(f"training: about {estimate.seconds:,.0f} s and {estimate.bytes / 1e6:,.0f} MB of memory", markup=False)


def tell_budget(budget: Budget, jobs: int) -> None:
    """Say beforehand what a search of settings needs."""
    err.print(
        f"searching settings: {budget.trials} trials, about {budget.seconds / jobs:,.0f} s and "
        f"{budget.bytes / 1e6:,.0f} MB in each of {jobs} processes (--tune off makes no search)",
        markup=False,
    )


def show_study(study: Study) -> None:
    """Print the defaults and the best settings that were found, with what they reach on the hold-outs."""
    defaults, best = study.trials[0], study.best
    table = _table("", "defaults", "best", title=f"{len(study.trials)} trials")
    for users, reached in defaults.ndcg.items():
        for name, one, other in zip(("any", "liked"), reached, best.ndcg[users], strict=True):
            _add(table, f"{users} users, nDCG@10 {name}", f"{one:.4f}", f"{other:.4f}")
    _add(table, "popularity lift", f"{defaults.lift:.2f}", f"{best.lift:.2f}")
    _add(table, "weighted mean over that of the defaults", "1", f"{best.value.mean:.4f} ± {best.value.error:.4f}")
    for name, value in defaults.point.items():
        _add(table, name, f"{value:.4g}", f"{best.point[name]:.4g}")
    if study.popular is not None:
        for name, one, other in zip(
            ("any", "liked"), study.popular.defaults.ndcg, study.popular.best.ndcg, strict=True
        ):
            _add(table, f"users without ratings, nDCG@10 {name}", f"{one:.4f}", f"{other:.4f}")
    out.print(table)


def show_similarity_study(study: SimilarityStudy) -> None:
    """Print the area under the curve of each weighting, and its weights."""
    names = list(study.standard_deviations)
    table = _table("", "AUC", "above plain-sum", *names, title=f"similarity weights on {study.dataset}")
    for result in study.results:
        above = "" if result.above is None else f"{result.above.value:+.4f} {_ends(result.above.interval, '+.3f')}"
        weights = [f"{result.weights[name]:.3f}" if result.weights else "" for name in names]
        _add(table, result.name, f"{result.auc:.4f} {_ends(result.interval, '.3f')}", above, *weights)
    out.print(table)
    say(f"the catalogue contains {study.pairs} of {study.pairs_judged} judged pairs, {study.pairs_ok} are OK")
    say(study.protocol)
    say("in brackets 95 % intervals that take into account that pairs share movies")


def _ends(interval: Interval, digits: str) -> str:
    return f"[{interval.low:{digits}}, {interval.high:{digits}}]"


def show_answer(manifest: Manifest, answer: Answer) -> None:
    """Print recommendations and their reasons."""
    table = _table(
        "", "movie", "stars", "because", title=f"{answer.strategy.value} · {manifest.version} · {manifest.dataset.name}"
    )
    for item in answer.items:
        because = (
            ", ".join(f"{one.movie.title} (+{one.contribution:.2f})" for one in item.reasons.because)
            if item.reasons
            else ""
        )
        if item.raised_by is not None:
            (facet, name), liked, of = item.raised_by
            because = f"{because}; {facet} {name}: {liked} of {of} liked"
        stars = "" if item.predicted_rating is None else f"{item.predicted_rating:.1f}"
        _add(table, str(item.rank), title_and_year(item.movie.title, item.movie.year), stars, because)
    out.print(table)
    if manifest.dataset.notice:
        warn(manifest.dataset.notice)


def show_versions(registry: Registry) -> None:
    """Print all versions, newest first."""
    table = _table("version", "", "catalogue", "dataset", "ratings", "nDCG@10 (hold-out)")
    marks = {registry.aliases.current(): "production"}
    challenge = registry.aliases.challenge()
    if challenge is not None:
        marks[challenge.version] = f"challenger, {challenge.weight:.1%}"
    for name in reversed(registry.names()):
        mark = marks.get(name, "")
        try:
            manifest = registry.manifest(name)
        except UnusableVersionError as error:
            _add(
                table,
                name,
                mark,
                registry.catalogue_of(name) or "",
                "of another release" if isinstance(error, OutdatedVersionError) else "damaged",
                "",
                "",
            )
            continue
        ndcg = manifest.metrics.get("hybrid", {}).get("ndcg@10")
        _add(
            table,
            name,
            mark,
            manifest.catalogue,
            manifest.dataset.name + (" (simulated)" if manifest.dataset.simulated else ""),
            f"{manifest.dataset.ratings:,}",
            "" if ndcg is None else f"{ndcg:.4f}",
        )
    out.print(table)


def show_carried(source: str, target: str, of_feedback: CarriedFeedback, of_lists: CarriedLists) -> None:
    """Print what was carried over to another catalogue, and what it has no movie for."""
    say(f"carried from {source} to {target}: {of_feedback.carried:,} of feedback, {of_lists.carried:,} lists")
    if of_feedback.kept or of_lists.kept:
        say(f"as new there already: {of_feedback.kept:,} of feedback, {of_lists.kept:,} lists")
    if of_feedback.older:
        say(f"not carried, since the user said something newer about the same movie: {of_feedback.older:,} of feedback")
    if of_feedback.missing:
        say(f"not carried, since {target} does not have the movie: {of_feedback.missing.total():,} of feedback")
        for movie, count in sorted(of_feedback.missing.items(), key=lambda pair: (-pair[1], pair[0])):
            say(f"  {count:,} × {movie}")
    for title in of_lists.absent:
        say(f"the list {title!r} is not carried: {target} has none of its movies")
    for title, movies in of_lists.incomplete:
        say(f"the list {title!r} lacks {', '.join(movies)}")
