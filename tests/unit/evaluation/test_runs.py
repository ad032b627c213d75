from __future__ import annotations

import csv
import json
import math
from collections import defaultdict
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recsvc.errors import ConfigurationError
from recsvc.evaluation.protocols.protocol import PROTOCOLS
from recsvc.evaluation.report.evaluation_page import page
from recsvc.evaluation.results import facts_of, table_of
from recsvc.evaluation.runs import Plan, measure, predict_stars, rank, select, tell_alike
from recsvc.models.content import Content
from recsvc.models.contract import Model
from recsvc.models.ease import Ease
from recsvc.models.hybrid import Hybrid
from recsvc.models.popularity import Popularity
from recsvc.models.svd import Svd
from tests.contracts.worlds import world


def chosen(*models: Model) -> dict[str, Model]:
    return {model.kind: model for model in models}


def measured(protocol: str, *models: Model, **plan: Any) -> dict[str, Any]:
    report = measure(world().dataset, chosen(*models), Plan(protocol, **plan), skipped={})
    told: dict[str, Any] = json.loads(json.dumps(report, allow_nan=False))
    return told


def test_the_mean_of_seeds_is_that_of_single_runs() -> None:
    for protocol in PROTOCOLS:
        [together] = measured(protocol, Content(), seeds=(42, 43, 44))["results"]
        alone = [measured(protocol, Content(), seeds=(seed,))["results"][0] for seed in (42, 43, 44)]
        mean = together["mean_of_seeds"]
        assert mean["seeds"] == [42, 43, 44]
        for name in ("ndcg@10", "precision@10", "hit_rate@10"):
            assert together[name] == alone[0][name]
            assert mean[name] == pytest.approx(np.mean([one[name] for one in alone]), abs=1e-12)
            assert mean["liked"][name] == pytest.approx(np.mean([one["liked"][name] for one in alone]), abs=1e-12)
        for name, value in mean["beyond_accuracy"].items():
            figures = [one["beyond_accuracy"][name] for one in alone]
            assert value == (None if None in figures else pytest.approx(np.mean(figures)))


def figures(report: dict[str, Any]) -> dict[str, Any]:
    """A report without what the clock says."""
    return {
        **report,
        "results": [{key: value for key, value in one.items() if key != "fit_seconds"} for one in report["results"]],
    }


def test_the_number_of_processes_changes_nothing() -> None:
    for protocol, models in (("new-users", (Hybrid(), Popularity())), ("folds", (Svd(), Popularity()))):
        one, two = (measured(protocol, *models, seeds=(1, 2), processes=jobs) for jobs in (1, 2))
        assert figures(one) == figures(two)


def test_models_stay_unfitted() -> None:
    models = chosen(Popularity(), Ease())
    before = {name: {key: str(value) for key, value in vars(model).items()} for name, model in models.items()}
    rank(PROTOCOLS["ms-recommenders"], world().dataset, models)
    predict_stars(world().dataset, {"popularity": models["popularity"]}, folder=None)
    assert before == {name: {key: str(value) for key, value in vars(model).items()} for name, model in models.items()}


def test_every_job_is_told() -> None:
    told: list[tuple[str, int]] = []
    models = chosen(Popularity())
    rank(
        PROTOCOLS["temporal"],
        world().dataset,
        models,
        seeds=(7, 8),
        progress=lambda name, all_: told.append((name, all_)),
    )
    assert told == [("popularity, seed 7", 2), ("popularity, seed 8", 2)]


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_lists_are_what_the_figures_are_of(protocol: str, tmp_path: Path) -> None:
    held = world()
    path = tmp_path / "lists.csv"
    [result] = measured(protocol, Hybrid(), seeds=(42, 43), lists=path)["results"]
    task = PROTOCOLS[protocol].task(held.dataset, held.vocabulary, 42)
    labels, ids = held.dataset.ratings.user_labels, held.vocabulary.ids
    lists: dict[str, list[int]] = defaultdict(list)
    with path.open(newline="") as file:
        for line in csv.DictReader(file):
            lists[line["user"]].append(int(line["movie_id"]))
            assert int(line["rank"]) == len(lists[line["user"]])
    for user in task.users.tolist():
        assert not set(lists[labels[user]]) & set(ids[task.seen.taste(user).rows].tolist())

    def ndcg(least: float) -> float:
        reached = []
        for user in task.users.tolist():
            taste = task.sought.taste(user)
            wanted = set(ids[taste.rows[taste.stars >= least]].tolist())
            if wanted:
                gain = sum(1 / math.log2(at + 2) for at, movie in enumerate(lists[labels[user]]) if movie in wanted)
                reached.append(gain / sum(1 / math.log2(at + 2) for at in range(min(10, len(wanted)))))
        return float(np.mean(reached))

    assert result["ndcg@10"] == pytest.approx(ndcg(0), abs=1e-12)
    assert result["liked"]["ndcg@10"] == pytest.approx(ndcg(4), abs=1e-12)
    low, high = result["intervals"]["ndcg@10"]
    assert low <= result["ndcg@10"] <= high


def test_predictions_are_what_the_errors_are_of(tmp_path: Path) -> None:
    path = tmp_path / "predictions.csv"
    [result] = measured("folds", Popularity(), seeds=(42, 43), lists=path)["results"]
    squared = defaultdict(list)
    with path.open(newline="") as file:
        for line in csv.DictReader(file):
            squared[line["fold"]].append((float(line["predicted"]) - float(line["stars"])) ** 2)
    assert sum(map(len, squared.values())) == len(world().dataset.ratings)
    assert result["rmse"] == pytest.approx(np.mean([math.sqrt(np.mean(errors)) for errors in squared.values()]))


def test_new_movies_are_found_by_what_they_are() -> None:
    [result] = measured("new-movies", Content())["results"]
    assert result["ndcg@10"] > 0.5
    assert result["beyond_accuracy"]["novelty"] is None


def test_who_can_take_part() -> None:
    models = chosen(Popularity(), Content(), Svd(), Hybrid())
    for protocol in ("ms-recommenders", "temporal", "new-users"):
        assert select(models, protocol, explicit=True) == (models, {})
    able, skipped = select(models, "new-movies", explicit=False)
    assert list(able) == ["content", "hybrid"]
    assert skipped["svd"] == "it cannot score movies without a rating"
    assert list(select(models, "similarity", explicit=False)[0]) == ["content", "hybrid"]
    assert "svd" in select(models, "folds", explicit=False)[0]
    with pytest.raises(ConfigurationError, match="content cannot be measured by folds: its scores are no stars"):
        select(chosen(Svd(), Content()), "folds", explicit=True)
    with pytest.raises(ConfigurationError, match="content cannot be measured"):
        select(chosen(Content()), "folds", explicit=False)


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        ({"protocol": "similarity"}, "--pairs"),
        ({"protocol": "folds", "pairs": Path("pairs.tsv")}, "--pairs"),
        ({"protocol": "temporal", "seeds": (2**32 - 1, 2**32)}, "4294967295"),
    ],
)
def test_what_does_not_go_together(plan: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        Plan(**plan)


class Reader(HTMLParser):
    """The cells of the tables, and what the page would fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.cells: list[str] = []
        self.fetched: list[str] = []
        self.bars = 0
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = tag in {"td", "th"}
        self.bars += tag == "path"
        self.fetched += [str(value) for name, value in attrs if name in {"src", "href"}]

    def handle_endtag(self, tag: str) -> None:
        self._inside = False

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.cells.append(data)


@pytest.mark.parametrize("protocol", [*PROTOCOLS, "folds"])
def test_the_page_has_the_table_and_bars_and_needs_nothing_else(protocol: str) -> None:
    models = (Popularity(), Svd()) if protocol == "folds" else (Content(), Hybrid())
    report = measured(protocol, *models, seeds=(1, 2))
    report["skipped"] = [{"model": "x", "why": "it is <b>bold</b>"}]
    headings, rows = table_of(report)
    text = page(report, notice="ratings & movies")
    reader = Reader()
    reader.feed(text)
    assert reader.cells == [*headings, *(cell for row in rows for cell in row)]
    assert reader.fetched == []
    assert reader.bars == 4  # two models, any rating and liked
    assert "&lt;b&gt;bold" in text
    assert "ratings &amp; movies" in text
    assert "prefers-color-scheme: dark" in text
    assert "width=device-width" in text
    brief, _ = table_of(report, brief=True)
    assert set(brief) <= set(headings)
    assert any(fact == "seed 1; means over seeds 1, 2" for fact in facts_of(report))


def test_the_page_of_pairs(tmp_path: Path) -> None:
    movies = {movie.movie_id: movie for movie in world().dataset.movies}
    ids = [3, 23, 43, 13, 33]
    named = {one: f"{movies[one].title}\t{movies[one].year}" for one in ids}
    lines = [f"{named[a]}\t{named[b]}\t{'OK' if a % 20 == b % 20 else 'NOT_OK'}" for a in ids for b in ids if a < b]
    file = tmp_path / "pairs.tsv"
    file.write_text("title_1\tyear_1\ttitle_2\tyear_2\trating\n" + "\n".join(lines))
    report = measured("similarity", Content(), Ease(), pairs=file)
    assert [result["model"] for result in report["results"]] == ["plain-sum", "content", "ease"]
    for result in report["results"]:
        assert result["pairs"] <= result["pairs_asked"] == 10
        assert len(result["against"]) == 2
    reader = Reader()
    reader.feed(page(report))
    assert reader.bars == 3
    both = [
        tell_alike(world().dataset, _judged(file), chosen(Content(), Ease()), processes=jobs)[1].values.tolist()
        for jobs in (1, 2)
    ]
    assert both[0] == both[1]


def _judged(file: Path) -> Any:
    from recsvc.evaluation.protocols.judged_pairs import read_pairs

    return read_pairs(file)
