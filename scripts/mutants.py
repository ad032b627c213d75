"""Mutation testing of the layers that answer requests: whether a test fails for each small change of the code.

The changes are those of mutmut, and two more: a statement is left out, a condition is negated. Of each layer the same
number of places is drawn by the seed, and of each place one change. Types and texts for readers are not changed. Each
mutant runs against the unit tests of its layer and the tests of the API, those of its own module first, until one
fails; a run that takes three times as long as all of them one after the other counts as noticed. Tests that need a
server or datasets take no part.
"""

from __future__ import annotations

import argparse
import difflib
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from queue import SimpleQueue

import libcst as cst
import pytest
from libcst.metadata import MetadataWrapper, PositionProvider
from mutmut.mutation.mutators import mutation_operators
from rich.console import Console
from rich.progress import track

ROOT = Path(__file__).parents[1]
LAYERS = ("engine", "models", "usecases", "registry", "service")
COPIED = ("src", "tests", "docs", "scripts", "README.md", "CHANGELOG.md", "openapi.json", "pyproject.toml")
HANGING = ["-o", "faulthandler_timeout=90", "-o", "faulthandler_exit_on_timeout=true"]
"""How long one test may take, in seconds: many times what the longest takes."""
NO_SERVER = {"RECSVC_TEST_POSTGRES_URL": "postgresql://127.0.0.1:1/none"}
FAILED = re.compile(r"^(?:FAILED|ERROR) (\S+)", re.MULTILINE)


@dataclass(frozen=True)
class Mutant:
    """One change of one file; `source` is the whole file with it."""

    path: str
    line: int
    before: str
    after: str
    source: str


@dataclass(frozen=True)
class Verdict:
    """`test` is the one that failed, "timeout", or None if the mutant survived."""

    path: str
    line: int
    before: str
    after: str
    test: str | None
    seconds: float


@dataclass(frozen=True)
class Place:
    """A node of a module, and what may stand there instead."""

    path: Path
    line: int
    module: cst.Module
    node: cst.CSTNode
    changes: list[cst.CSTNode]


class Places(cst.CSTVisitor):
    """Collects every place of a module that can be changed, with its changes."""

    METADATA_DEPENDENCIES = (PositionProvider,)

    def __init__(self) -> None:
        self.found: list[tuple[cst.CSTNode, list[cst.CSTNode]]] = []

    def on_visit(self, node: cst.CSTNode) -> bool:
        """Note the changes of a node, and go on inside unless it is a type or a text for readers."""
        if isinstance(node, cst.Annotation | cst.Import | cst.ImportFrom) or _is_prose(node) or _is_type(node):
            return False
        changes = [change for change in _changes(node) if not change.deep_equals(node)]
        if changes:
            self.found.append((node, changes))
        return True


def _is_type(node: cst.CSTNode) -> bool:
    """Tell the definition of a type variable."""
    match node:
        case cst.Assign(value=cst.Call(func=cst.Name("TypeVar"))):
            return True
    return False


def _is_prose(node: cst.CSTNode) -> bool:
    """Tell a line of the log, and a string of several words: documentation or a message."""
    match node:
        case cst.Call(func=cst.Attribute(value=cst.Name("log"))):
            return True
        case cst.SimpleString() | cst.FormattedString() | cst.ConcatenatedString():
            return " " in cst.Module([]).code_for_node(node).strip("\"' ")
    return False


def _changes(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    for kind, operator in mutation_operators:
        if isinstance(node, kind):
            yield from operator(node)
    match node:
        case cst.If(test=test) | cst.While(test=test):
            negated = cst.UnaryOperation(cst.Not(), test.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()]))
            yield node.with_changes(test=negated)
        case cst.SimpleStatementLine(body=[cst.Expr(value=cst.Call() | cst.Await()) | cst.Raise() | cst.AugAssign()]):
            yield node.with_changes(body=[cst.Pass()])


def places_of(path: Path) -> list[Place]:
    """Return the places of a file that can be changed."""
    wrapper = MetadataWrapper(cst.parse_module(path.read_text(encoding="utf-8")), unsafe_skip_copy=True)
    places = Places()
    wrapper.visit(places)
    lines = wrapper.resolve(PositionProvider)
    return [Place(path, lines[node].start.line, wrapper.module, node, changes) for node, changes in places.found]


def change(place: Place, dice: random.Random) -> Mutant:
    """Draw one of the changes of a place, of those that are Python."""
    text = place.module.code
    while True:
        source = cst.ensure_type(place.module.deep_replace(place.node, dice.choice(place.changes)), cst.Module).code
        try:
            compile(source, str(place.path), "exec")
        except SyntaxError:
            continue
        break
    diff = [line for line in difflib.ndiff(text.splitlines(), source.splitlines()) if line[0] in "+-"]
    before, after = (" ".join(line[2:].strip() for line in diff if line[0] == sign) for sign in "-+")
    return Mutant(place.path.relative_to(ROOT / "src" / "recsvc").as_posix(), place.line, before, after, source)


def draw(count: int, seed: int) -> list[Mutant]:
    """Draw the same number of mutants of each layer."""
    dice = random.Random(seed)
    drawn: list[Mutant] = []
    for at, layer in enumerate(LAYERS):
        files = sorted((ROOT / "src" / "recsvc" / layer).rglob("*.py"))
        places = [place for file in files for place in places_of(file)]
        share = count * (at + 1) // len(LAYERS) - count * at // len(LAYERS)
        drawn += [change(place, dice) for place in dice.sample(places, share)]
    dice.shuffle(drawn)
    return drawn


def tests_of(path: str, tree: Path) -> list[str]:
    """Return the test files that may notice a mutant of a file, those first that are named like it, fuzzing last."""
    layer, name = Path(path).parts[0], Path(path).stem
    folders = ["tests/unit/" + layer, *(["tests/contracts"] if layer == "models" else []), "tests/api"]
    stems = {f"test_{name}", f"test_{name.removesuffix('s')}"}
    if name == "recommendations":
        stems = {"test_recommend", "test_recommend_post"}
    files = [file for folder in folders for file in sorted((tree / folder).rglob("test_*.py"))]
    files.append(tree / "tests/unit/test_dataclasses.py")
    files += [file for file in sorted((tree / "tests/properties").glob("test_*.py")) if file.stem in stems]
    files.sort(key=lambda file: (file.stem not in stems, file.stem == "test_fuzz"))
    return [file.relative_to(tree).as_posix() for file in files]


def run_tests(
    tree: Path, files: Sequence[str], *, keep_trained: bool, jobs: int = 0, seconds: float | None = None
) -> str | None:
    """Run test files in a copy of the tree until one test fails; return its name, and None if none does.

    With `keep_trained`, the versions that tests serve are trained by the first run and kept. A run that takes more
    than `seconds` is ended, and "timeout" is returned.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RECSVC_")}
    if keep_trained:
        kept["RECSVC_TEST_ARTIFACTS"] = str(tree.parent)
    options = ["-x", "-q", "-p", "no:cacheprovider", "-n", str(jobs), *HANGING]
    command = [sys.executable, "-m", "pytest", *options, *files]
    try:
        done = subprocess.run(
            command,
            cwd=tree,
            env={**kept, **NO_SERVER, "PYTHONPATH": str(tree / "src"), "OPENBLAS_NUM_THREADS": "1"},
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return "timeout"
    if done.returncode == pytest.ExitCode.OK:
        return None
    failed = FAILED.search(done.stdout)
    return failed[1] if failed else f"pytest ended with {done.returncode}"


def judge(mutant: Mutant, tree: Path, seconds: float) -> Verdict:
    """Run the tests against a mutant in a copy of the tree, which is put right again."""
    began = time.monotonic()
    file = tree / "src" / "recsvc" / mutant.path
    whole = file.read_bytes()
    try:
        _write(file, mutant.source.encode())
        trains = mutant.path.startswith(("models/", "registry/"))
        test = run_tests(tree, tests_of(mutant.path, tree), keep_trained=not trains, seconds=seconds)
    finally:
        _write(file, whole)
    return Verdict(mutant.path, mutant.line, mutant.before, mutant.after, test, round(time.monotonic() - began, 1))


def _write(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    for compiled in (file.parent / "__pycache__").glob(f"{file.stem}.*.pyc"):  # it may be of the same second and size
        compiled.unlink()


def copy_tree(folder: Path) -> Path:
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
        else:
            shutil.copy(source, folder / name)
    return folder


def judge_all(mutants: Iterable[Mutant], trees: Sequence[Path], seconds: float) -> Iterator[Verdict]:
    """Judge mutants, one a tree at a time, each for so many seconds at most."""
    free: SimpleQueue[Path] = SimpleQueue()
    for tree in trees:
        free.put(tree)

    def one(mutant: Mutant) -> Verdict:
        tree = free.get()
        try:
            return judge(mutant, tree, seconds)
        finally:
            free.put(tree)

    with ThreadPoolExecutor(len(trees)) as pool:
        yield from pool.map(one, mutants)


def report(verdicts: Sequence[Verdict]) -> str:
    """Return the score of each layer, and the survivors, as Markdown."""
    rows = ["| layer | mutants | killed | share |", "|---|---:|---:|---:|"]
    for layer in (*LAYERS, "all"):
        of_layer = [one for one in verdicts if layer in ("all", one.path.split("/")[0])]
        killed = sum(one.test is not None for one in of_layer)
        rows.append(f"| {layer} | {len(of_layer)} | {killed} | {killed / max(1, len(of_layer)):.1%} |")
    survivors = [one for one in verdicts if one.test is None]
    return "\n".join([*rows, "", *(f"- `{one.path}:{one.line}`: `{one.before}` → `{one.after}`" for one in survivors)])


def main() -> None:
    """Draw, judge and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--list", action="store_true", help="print the mutants and run nothing")
    parser.add_argument("--survivors", type=Path, help="judge those again that survived by this file of --json")
    parser.add_argument("--json", type=Path, help="write every verdict to this file")
    options = parser.parse_args()
    mutants = draw(options.count, options.seed)
    if options.survivors:
        mutants = _again(mutants, json.loads(options.survivors.read_text()))
    if options.list:
        for one in mutants:
            print(f"{one.path}:{one.line}: {one.before}  →  {one.after}")
        return
    with tempfile.TemporaryDirectory() as folder:
        trees = [copy_tree(Path(folder) / str(job)) for job in range(options.jobs)]
        files = dict.fromkeys(file for layer in LAYERS for file in tests_of(f"{layer}/-", trees[0]))
        began = time.monotonic()
        if broken := run_tests(trees[0], list(files), keep_trained=True, jobs=options.jobs):
            raise SystemExit(f"without any change, {broken} fails")
        verdicts: list[Verdict] = []
        judged = judge_all(mutants, trees, seconds=3 * options.jobs * (time.monotonic() - began))
        for verdict in track(judged, "mutants", total=len(mutants), console=Console(stderr=True)):
            verdicts.append(verdict)
            if options.json:
                options.json.write_text(json.dumps([asdict(one) for one in verdicts], indent=1))
    print(report(verdicts))


def _again(mutants: Sequence[Mutant], verdicts: Sequence[Mapping[str, object]]) -> list[Mutant]:
    """Return the mutants that survived; lines may have moved since."""
    survived = {(one["path"], one["before"], one["after"]) for one in verdicts if one["test"] is None}
    return [one for one in mutants if (one.path, one.before, one.after) in survived]


if __name__ == "__main__":
    main()
