from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from recsvc.datasets.sample import read_sample
from recsvc.evaluation.parallel import no_progress
from recsvc.models.als import AlsConfig
from recsvc.models.content import Content
from recsvc.models.contract import Model
from recsvc.models.ease import Ease, EaseConfig
from recsvc.models.popularity import MostRated
from recsvc.research import standings as module
from recsvc.research import tuned_singles
from recsvc.research.standings import (
    Cell,
    Figures,
    cells,
    half_with_two_values,
    measure,
    report,
    resampled,
    standing,
)
from tests.versions import part_of_sample


def test_every_protocol_is_measured_on_every_dataset_that_it_fits() -> None:
    wanted = cells({"ml-100k": range(42, 47), "filmtrust": range(42, 45)})
    assert len({*wanted}) == len(wanted)
    assert {cell.seed for cell in wanted if cell.dataset == "ml-100k" and cell.protocol == "new-users"} == {
        *range(42, 47)
    }
    temporal = [cell for cell in wanted if cell.protocol == "temporal"]
    assert {(cell.dataset, cell.seed) for cell in temporal} == {("ml-100k", 42)}
    assert {cell.model for cell in temporal} == {"hybrid", *module.UNTUNED, "tuned ease", "tuned als"}
    assert {cell.model for cell in wanted if cell.protocol == "new-movies"} == {"hybrid", "content"}
    assert {cell.seed for cell in wanted if cell.model.startswith("tuned")} == {42}


def test_half_of_a_dataset_has_two_values() -> None:
    sample = read_sample()
    half = half_with_two_values(sample)
    assert len(half.movies) == len(sample.movies) // 2
    assert {*half.ratings.stars.tolist()} == {1.5, 4.5}
    assert 0 < len(half.ratings.user_labels) <= len(sample.ratings.user_labels)
    assert len(np.unique(half.ratings.users)) <= len(sample.ratings.user_labels) // 2
    assert {*half.ratings.movie_ids.tolist()} <= {movie.movie_id for movie in half.movies}
    before = dict(
        zip(
            zip(sample.ratings.users.tolist(), sample.ratings.movie_ids.tolist(), strict=True),
            sample.ratings.stars.tolist(),
            strict=True,
        )
    )
    for user, movie, stars in zip(
        half.ratings.users.tolist(), half.ratings.movie_ids.tolist(), half.ratings.stars.tolist(), strict=True
    ):
        assert before[user, movie] >= 4 if stars == 4.5 else before[user, movie] <= 2


def test_users_are_drawn_with_all_their_seeds() -> None:
    users = np.arange(50)
    values = np.random.default_rng(1).random(50)
    one = resampled([(users, values)])
    # a second seed that says the same of the same users adds no certainty
    np.testing.assert_allclose(resampled([(users, values)] * 2), one)
    assert one.mean() == pytest.approx(values.mean(), abs=0.01)
    assert one.std() == pytest.approx(values.std() / np.sqrt(50), rel=0.15)
    # one that has other users does
    assert resampled([(users, values), (users + 50, values)]).std() < 0.85 * one.std()


def figures(*values: float) -> Figures:
    own = np.array(values)
    return Figures(np.arange(len(values)), own, np.where(own > 0.5, own, np.nan), 1.0, 0.0, 0.0)


def test_a_model_stands_against_the_best_single_one() -> None:
    of_models = {
        "hybrid": [figures(0.4, 0.8), figures(0.6, 1.0)],
        "ease": [figures(0.3, 0.6), figures(0.5, 0.6)],
        "most-rated": [figures(0.2, 0.9), figures(0.7, 1.0)],
    }
    side = standing(of_models, "hybrid", "any")
    assert side.mean == pytest.approx(0.7)
    assert side.best_single == "most-rated"
    assert side.ratio == pytest.approx(0.7 / 0.7)
    assert side.differences["ease"][0] == pytest.approx(0.2)
    assert side.differences["ease"][1].low == pytest.approx(
        0.1
    )  # the user of whom the difference is 0.1 is drawn twice
    liked = standing({name: of_model[:1] for name, of_model in of_models.items()}, "hybrid", "liked")
    assert liked.mean == pytest.approx(0.8)
    assert liked.best_single == "most-rated"


def test_a_run_that_was_stopped_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trained: list[Cell] = []

    def model(cell: Cell, _train: object) -> Model:
        trained.append(cell)
        if cell.protocol == "new-movies":
            return Content()
        return MostRated() if cell.model == "most-rated" else Ease()

    monkeypatch.setattr(module, "_model", model)
    datasets = {"sample": (42,)}
    measure(cells(datasets)[:3], tmp_path, tmp_path, processes=1, progress=no_progress)
    assert len(trained) == 3
    assert report(datasets, tmp_path)["rows"] == []
    measure(cells(datasets), tmp_path, tmp_path, processes=1, progress=no_progress)
    assert sorted(trained) == sorted(cells(datasets))
    assert trained[-1].model.startswith("tuned ")
    whole = report(datasets, tmp_path)
    assert [row["protocol"] for row in whole["rows"]] == ["ms-recommenders", "temporal", "new-users", "new-movies"]
    first = whole["rows"][0]
    assert first["seeds"] == 1
    assert first["any"]["ratio"] == pytest.approx(1)  # all but one are EASE here
    assert first["any"]["differences"]["als"]["interval"] == (0, 0)
    assert first["any"]["tuned"] == {"tuned ease": pytest.approx(1), "tuned als": pytest.approx(1)}
    assert whole["means"]["best tuned"] == pytest.approx(1)


def test_single_models_are_tuned_by_the_same_objective(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tuned_singles, "SEEDS", (1, 2))
    part = part_of_sample(range(1, 201), range(300), name="part")
    ease = tuned_singles.tuned_ease(part, trials=4, seed=1)
    assert ease.config == tuned_singles.tuned_ease(part, trials=4, seed=1).config
    als = tuned_singles.tuned_als(part, trials=2, seed=1)
    assert ease.config != EaseConfig() or als.config != AlsConfig()
    assert isinstance(als.config.factors, int)
