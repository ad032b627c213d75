from __future__ import annotations

import pytest

from recsvc.datasets.sample import read_sample
from recsvc.evaluation.report import baselines as module
from recsvc.evaluation.report.baselines import SLOW, baseline_models
from recsvc.models.content import Content, ContentConfig
from recsvc.models.hybrid import Hybrid, HybridConfig
from recsvc.models.kinds import MODELS
from recsvc.models.vbmf import Vbmf, VbmfConfig


def test_all_kinds_are_compared_and_those_of_the_version_with_its_config() -> None:
    config = HybridConfig(content=ContentConfig(), popularity_prior=3.0)
    stars = Vbmf(VbmfConfig(factors=2))
    models, skipped = baseline_models(read_sample(), config, stars)
    assert [*models] == [*MODELS]
    assert skipped == {}
    hybrid, content = models["hybrid"], models["content"]
    assert isinstance(hybrid, Hybrid)
    assert hybrid.config is config
    assert isinstance(content, Content)
    assert content.config is config.content
    assert models["vbmf"] is stars


def test_a_model_that_cannot_be_trained_here_is_left_out_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_RATINGS", 10)
    models, skipped = baseline_models(read_sample(), HybridConfig(), Vbmf())
    assert {*skipped} == {*SLOW}
    assert {*models} == {*MODELS} - {*skipped}
    assert "10 ratings" in skipped["svdpp"]
