from __future__ import annotations

from dataclasses import asdict

import pytest

from recsvc.datasets.sample import read_sample
from recsvc.evaluation.report import error_curves as module
from recsvc.evaluation.report.error_curves import AXES, Axis, StarModel, error_curves, served_stars
from recsvc.features.vocabulary import Vocabulary
from recsvc.models.nmf import Nmf, NmfConfig
from recsvc.models.vbmf import Vbmf, VbmfConfig
from recsvc.registry.manifest import ComponentRecord

MODELS = (Vbmf(VbmfConfig(factors=3, iterations=8)), Nmf(NmfConfig(factors=3, iterations=20)))


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.kind)
def test_the_served_star_model_is_made_from_its_record(model: StarModel) -> None:
    record = ComponentRecord(kind=model.kind, folder="stars", config=asdict(model.config), arrays=())
    served = served_stars(record)
    assert type(served) is type(model)
    assert served.config == model.config


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.kind)
def test_errors_are_those_of_the_served_model_and_its_value_is_among_the_points(
    model: StarModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    sample = read_sample()
    vocabulary = Vocabulary.of(movie.movie_id for movie in sample.movies)
    few: dict[str, Axis] = {name: axis._replace(values=axis.values[:1]) for name, axis in AXES[model.kind].items()}
    monkeypatch.setattr(module, "AXES", {model.kind: few})
    curves = error_curves(sample, vocabulary, model, seed=1).result()
    assert [*curves] == [*few]
    at_served = set()
    for name, held in curves.items():
        value = getattr(model.config, few[name].setting)
        assert held.served == value
        assert held.x == tuple(sorted({few[name].values[0], value}))
        training, validation = held.series["training"], held.series["validation"]
        assert all(0 < low < high for low, high in zip(training, validation, strict=True))
        at = held.x.index(value)
        at_served.add((training[at], validation[at]))
    assert len(at_served) == 1  # one model, fitted once, on all axes


def test_every_axis_is_a_setting_of_its_model() -> None:
    for config in (VbmfConfig(), NmfConfig()):
        kind = Vbmf.kind if isinstance(config, VbmfConfig) else Nmf.kind
        assert all(hasattr(config, axis.setting) for axis in AXES[kind].values())
