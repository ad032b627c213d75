"""`recsvc evaluate` in this process."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from recsvc import cli
from recsvc.errors import ConfigurationError, DataError
from recsvc.models import kinds
from recsvc.models.content import Content
from recsvc.models.popularity import Popularity
from recsvc.models.svd import Svd, SvdConfig

PAIRS = "title_1\tyear_1\ttitle_2\tyear_2\trating\n"


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("RECSVC_DATA_DIR", raising=False)
    monkeypatch.chdir(tmp_path)


def evaluate(*arguments: str) -> Result:
    return CliRunner().invoke(cli.app, ["evaluate", *arguments])


def test_only_json_is_printed() -> None:
    done = evaluate("--models", "hybrid", "--json", "-", "--html", "page.html")
    assert (done.exit_code, done.stderr) == (0, "")
    report = json.loads(done.stdout)
    [result] = report["results"]
    assert {"ndcg@10", "precision@10", "recall@10", "map@10", "liked", "mean_of_seeds", "intervals"} <= result.keys()
    assert (report["seed"], report["seeds"], report["skipped"]) == (42, [42], [])
    assert Path("page.html").read_text(encoding="utf-8").startswith("<!doctype html>")


def test_a_model_that_cannot_take_part_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    class FewEpochs(Svd):
        def __init__(self, config: SvdConfig | None = None) -> None:
            super().__init__(config or SvdConfig(factors=5, epochs=2))

    models = {"popularity": Popularity, "content": Content, "svd": FewEpochs}
    monkeypatch.setattr(kinds, "MODELS", models)
    done = evaluate("--models", "all", "--protocol", "folds", "--seeds", "2")
    assert done.exit_code == 0, done.output
    assert "popularity" in done.stdout
    assert "content is left out: its scores are not stars" in done.stdout
    assert "five folds drawn from the seed" in done.stdout
    assert "means over seeds 42, 43" in done.stdout
    assert "simulated" in done.stdout


def test_new_movies_and_lists() -> None:
    done = evaluate("--models", "content", "--protocol", "new-movies", "--lists", "lists.csv")
    assert done.exit_code == 0, done.output
    assert "new-movies on sample" in done.stdout
    assert Path("lists.csv").read_text().startswith("user,rank,movie_id,score")


def test_the_values_of_pairs() -> None:
    judged = ("Alien\t1979\tAliens\t1986\tOK", "Alien\t1979\tCasablanca\t1942\tNOT_OK")
    Path("pairs.tsv").write_text(PAIRS + "".join(f"{line}\n" for line in judged))
    arguments = ("--protocol", "similarity", "--pairs", "pairs.tsv", "--models", "content", "--lists", "values.csv")
    done = evaluate(*arguments)
    assert done.exit_code == 0, done.output
    header, *lines = Path("values.csv").read_text().splitlines()
    assert header == "movie_id_1,movie_id_2,judged,value"
    values = {judgement: float(value) for _, _, judgement, value in (line.split(",") for line in lines)}
    assert values["OK"] > values["NOT_OK"]


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        (["--protocol", "folds"], ConfigurationError, "hybrid cannot be measured by folds"),
        (["--protocol", "new-movies", "--models", "popularity"], ConfigurationError, "without a rating"),
        (["--protocol", "similarity"], ConfigurationError, "--pairs"),
        (["--pairs", "pairs.tsv"], ConfigurationError, "--pairs"),
        (["--models", "popularity,content", "--lists", "x.csv"], ConfigurationError, "--lists"),
        (["--protocol", "similarity", "--pairs", "none.tsv"], DataError, "none.tsv"),
        (["--protocol", "similarity", "--pairs", "pairs.tsv"], DataError, "does not contain"),
        (["--models", "popularity", "--html", "no/such/page.html"], ConfigurationError, "page.html"),
        (["--seed", "4294967295", "--seeds", "2"], ConfigurationError, "4294967295"),
    ],
)
def test_options_that_do_not_go_together_are_an_error(arguments: list[str], error: type[Exception], words: str) -> None:
    Path("pairs.tsv").write_text(PAIRS + "nothing\t1990\tnowhere\t1991\tOK\n")
    done = evaluate(*arguments)
    assert isinstance(done.exception, error)
    assert words in str(done.exception)
    assert "\n" not in str(done.exception)


@pytest.mark.parametrize("arguments", [["--seeds", "0"], ["--jobs", "0"], ["--protocol", "nope"]])
def test_a_value_that_is_not_allowed_is_a_usage_error(arguments: list[str]) -> None:
    done = evaluate(*arguments)
    assert done.exit_code == 2
    assert done.stdout == ""
