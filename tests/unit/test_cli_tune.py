"""`recsvc tune --pairs` in this process."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from recsvc import cli
from recsvc.datasets.sample import read_sample
from recsvc.errors import ConfigurationError, DataError, RecsvcError

HEADER = "title_1\tyear_1\ttitle_2\tyear_2\trating\n"


@pytest.fixture(autouse=True)
def pairs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("RECSVC_DATA_DIR", raising=False)
    monkeypatch.chdir(tmp_path)
    movies = [movie for movie in read_sample().movies if movie.year][:60]
    lines = [
        f"{a.title}\t{a.year}\t{b.title}\t{b.year}\t{'OK' if {*a.genres} & {*b.genres} else 'NOT_OK'}\n"
        for a, b in zip(movies[::2], movies[1::2], strict=True)
    ]
    Path("pairs.tsv").write_text(HEADER + "".join(lines), encoding="utf-8")
    Path("broken.tsv").write_text(HEADER + "Alien\t1979\tAliens\t1986\tPERHAPS\n")
    Path("few.tsv").write_text(HEADER + "Alien\t1979\tAliens\t1986\tOK\n")


def tune(*arguments: str) -> Result:
    return CliRunner().invoke(cli.app, ["tune", *arguments])


def test_the_study_as_a_table_and_as_json() -> None:
    done = tune("--pairs", "pairs.tsv", "--jobs", "1", "--json", "study.json")
    assert (done.exit_code, done.stderr) == (0, ""), done.output
    study = json.loads(Path("study.json").read_text())
    for result in study["results"]:
        assert f"{result['auc']:.4f} [" in done.stdout
        assert result["name"] in done.stdout
    assert f"the catalogue contains {study['pairs']} of {study['pairs_judged']} judged pairs" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        (["--pairs", "none.tsv"], DataError, "none.tsv"),
        (["--pairs", "broken.tsv"], DataError, "PERHAPS"),
        (["--pairs", "few.tsv"], DataError, "does not contain"),
        (["--pairs", "pairs.tsv", "--trials", "5"], ConfigurationError, "--trials"),
        (["--pairs", "pairs.tsv", "--tmdb", "nowhere"], RecsvcError, "nowhere"),
    ],
)
def test_pairs_that_cannot_be_used_are_an_error(arguments: list[str], error: type[Exception], words: str) -> None:
    done = tune(*arguments)
    assert isinstance(done.exception, error)
    assert words in str(done.exception)
    assert "\n" not in str(done.exception)
