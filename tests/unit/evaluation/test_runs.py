from __future__ import annotations

import csv
import json
import math
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recsvc.errors import ConfigurationError
from recsvc.evaluation.protocols.judged_pairs import CataloguePairs, read_pairs
from recsvc.evaluation.protocols.ranking_protocols import PROTOCOLS
from recsvc.evaluation.protocols.similarity import PairValues
from recsvc.evaluation.results import facts_of, table_of
from recsvc.evaluation.runs import Plan, measure, measure_similarity, predict_stars, ranking, select
from recsvc.features.interactions import Interactions
from recsvc.models.content import Content
from recsvc.models.contract import Model
from recsvc.models.ease import Ease
from recsvc.models.hybrid import Hybrid
from recsvc.models.popularity import Popularity
from recsvc.models.svd import Svd
from recsvc.types import Movie
from tests.contracts.worlds import world


def chosen(*models: Model) -> dict[str, Model]:
    return {model.kind: model for model in models}


def measured(protocol: str, *models: Model, **plan: Any) -> dict[str, Any]:
    report = measure(world().dataset, chosen(*models), Plan(protocol, **plan), skipped={})
    read: dict[str, Any] = json.loads(json.dumps(report, allow_nan=False))
    return read


def test_the_mean_of_seeds_is_that_of_single_runs() -> None:
    for protocol in PROTOCOLS:
        [together] = measured(protocol, Content(), seeds=(42, 43, 44))["results"]
        alone = [measured(protocol, Content(), seeds=(seed,))["results"][0] for seed in (42, 43, 44)]
        mean = together["mean_of_seeds"]
        assert mean["seeds"] == [42, 43, 44]
        for name in ("ndcg@10", "precision@10", "hit_rate@10"):
            assert together[name] == alone[0][name]
            assert mean[name] == pytest.approx(np.mean([result[name] for result in alone]), abs=1e-12)
            assert mean["liked"][name] == pytest.approx(np.mean([result["liked"][name] for result in alone]), abs=1e-12)
        for name, value in mean["beyond_accuracy"].items():
            figures = [result["beyond_accuracy"][name] for result in alone]
            assert value == (None if None in figures else pytest.approx(np.mean(figures)))


def figures(report: dict[str, Any]) -> dict[str, Any]:
    """A report without the times."""
    return {
        **report,
        "results": [
            {key: value for key, value in result.items() if key != "fit_seconds"} for result in report["results"]
        ],
    }


def test_the_number_of_processes_changes_nothing() -> None:
    for protocol, models in (("new-users", (Hybrid(), Popularity())), ("folds", (Svd(), Popularity()))):
        one, two = (measured(protocol, *models, seeds=(1, 2), processes=jobs) for jobs in (1, 2))
        assert figures(one) == figures(two)


def test_models_stay_unfitted() -> None:
    models = chosen(Popularity(), Ease())
    before = {name: {key: str(value) for key, value in vars(model).items()} for name, model in models.items()}
    ranking(PROTOCOLS["ms-recommenders"], world().dataset, models).result()
    predict_stars(world().dataset, {"popularity": models["popularity"]}, folder=None)
    assert before == {name: {key: str(value) for key, value in vars(model).items()} for name, model in models.items()}


def test_progress_is_called_for_every_job() -> None:
    calls: list[tuple[str, int]] = []
    models = chosen(Popularity())
    ranking(PROTOCOLS["temporal"], world().dataset, models, seeds=(7, 8)).result(
        progress=lambda name, total: calls.append((name, total))
    )
    assert calls == [("popularity, seed 7", 2), ("popularity, seed 8", 2)]


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_the_figures_can_be_computed_from_the_written_lists(protocol: str, tmp_path: Path) -> None:
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
        assert not set(lists[labels[user]]) & set(ids[task.fold_in.taste(user).rows].tolist())

    def ndcg(least: float) -> float:
        of_users = []
        for user in task.users.tolist():
            taste = task.held_out.taste(user)
            relevant = set(ids[taste.rows[taste.stars >= least]].tolist())
            if relevant:
                gain = sum(1 / math.log2(at + 2) for at, movie in enumerate(lists[labels[user]]) if movie in relevant)
                of_users.append(gain / sum(1 / math.log2(at + 2) for at in range(min(10, len(relevant)))))
        return float(np.mean(of_users))

    assert result["ndcg@10"] == pytest.approx(ndcg(0), abs=1e-12)
    assert result["liked"]["ndcg@10"] == pytest.approx(ndcg(4), abs=1e-12)
    low, high = result["intervals"]["ndcg@10"]
    assert low <= result["ndcg@10"] <= high


def test_the_errors_can_be_computed_from_the_written_predictions(tmp_path: Path) -> None:
    path = tmp_path / "predictions.csv"
    [result] = measured("folds", Popularity(), seeds=(42, 43), lists=path)["results"]
    squared = defaultdict(list)
    with path.open(newline="") as file:
        for line in csv.DictReader(file):
            squared[line["fold"]].append((float(line["predicted"]) - float(line["stars"])) ** 2)
    assert sum(map(len, squared.values())) == len(world().dataset.ratings)
    assert result["rmse"] == pytest.approx(np.mean([math.sqrt(np.mean(errors)) for errors in squared.values()]))


def test_new_movies_are_found_by_their_content() -> None:
    [result] = measured("new-movies", Content())["results"]
    assert result["ndcg@10"] > 0.5
    assert result["beyond_accuracy"]["novelty"] is None


def test_models_take_part_by_their_capabilities() -> None:
    models = chosen(Popularity(), Content(), Svd(), Hybrid())
    for protocol in ("ms-recommenders", "temporal", "new-users"):
        assert select(models, protocol, explicit=True) == (models, {})
    able, skipped = select(models, "new-movies", explicit=False)
    assert list(able) == ["content", "hybrid"]
    assert skipped["svd"] == "it cannot score movies without a rating"
    assert list(select(models, "similarity", explicit=False)[0]) == ["content", "hybrid"]
    assert "svd" in select(models, "folds", explicit=False)[0]
    with pytest.raises(ConfigurationError, match="content cannot be measured by folds: its scores are not stars"):
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
def test_a_plan_that_does_not_go_together_is_an_error(plan: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        Plan(**plan)


@pytest.mark.parametrize("protocol", [*PROTOCOLS, "folds"])
def test_the_table_has_a_row_for_each_model_and_the_brief_one_has_fewer_columns(protocol: str) -> None:
    models = (Popularity(), Svd()) if protocol == "folds" else (Content(), Hybrid())
    report = measured(protocol, *models, seeds=(1, 2))
    headings, rows = table_of(report)
    assert [name for name, *_ in rows] == [model.kind for model in models]
    assert all(len(row) == len(headings) for row in rows)
    brief, _ = table_of(report, brief=True)
    assert set(brief) <= set(headings)
    assert any(fact == "seed 1; means over seeds 1, 2" for fact in facts_of(report))


def no_similarity(interactions: Interactions, movies: Sequence[Movie], pairs: CataloguePairs) -> PairValues:
    """A reference that has no value for any pair."""
    return np.full(len(pairs), np.nan)


def test_similarities_are_compared_with_the_references_that_are_passed_in(tmp_path: Path) -> None:
    movies = {movie.movie_id: movie for movie in world().dataset.movies}
    ids = [3, 23, 43, 13, 33]
    named = {movie_id: f"{movies[movie_id].title}\t{movies[movie_id].year}" for movie_id in ids}
    lines = [f"{named[a]}\t{named[b]}\t{'OK' if a % 20 == b % 20 else 'NOT_OK'}" for a in ids for b in ids if a < b]
    file = tmp_path / "pairs.tsv"
    file.write_text("title_1\tyear_1\ttitle_2\tyear_2\trating\n" + "\n".join(lines))
    models = chosen(Content(), Ease())
    plan = Plan("similarity", pairs=file)
    report = measure(world().dataset, models, plan, skipped={}, references={"none": no_similarity})
    assert report["references"] == ["none"]
    assert [result["model"] for result in report["results"]] == ["none", "content", "ease"]
    for result in report["results"]:
        assert result["pairs"] <= result["pairs_judged"] == 10
        assert len(result["against"]) == 2
    headings, rows = table_of(report)
    assert headings == ["model", "AUC", "against none", "not predicted", "fit (s)"]
    assert (rows[0][2], rows[0][3]) == ("–", str(report["results"][0]["pairs"]))
    assert table_of(measure(world().dataset, models, plan, skipped={}))[0] == [
        "model",
        "AUC",
        "not predicted",
        "fit (s)",
    ]
    both = [
        measure_similarity(world().dataset, read_pairs(file), models, references={}, processes=jobs)[0].values.tolist()
        for jobs in (1, 2)
    ]
    assert both[0] == both[1]
