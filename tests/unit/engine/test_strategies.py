"""One row in the table of served models is enough for training, publishing, loading and answering."""

from __future__ import annotations

from pathlib import Path

import pytest

from recsvc.engine import engine as engine_module
from recsvc.engine.answer import UserProfile
from recsvc.engine.engine import NO_ROWS, Engine
from recsvc.engine.query import Query
from recsvc.engine.strategies import CODES, SERVED, ServedModel, Strategy
from recsvc.errors import OutdatedVersionError
from recsvc.models.ease import Ease
from recsvc.registry.store import Registry
from recsvc.training import pipeline
from tests.contracts.worlds import publish, taste_of


def test_each_strategy_but_auto_is_served_by_one_model() -> None:
    assert [served.strategy for served in SERVED] == [one for one in Strategy if one is not Strategy.AUTO]
    assert len(set(CODES.values())) == len(Strategy)


def test_a_model_of_its_own_is_trained_stored_and_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """EASE alone serves in place of the hybrid's collaborative part."""
    own = ServedModel(Strategy.COLLABORATIVE, 2, Ease, "ratings")
    table = tuple(own if served.strategy is own.strategy else served for served in SERVED)
    plain = publish(Registry(tmp_path / "plain"))
    for module in (engine_module, pipeline):
        monkeypatch.setattr(module, "SERVED", table)
    registry = Registry(tmp_path / "artifacts")
    engine = Engine(registry.open(publish(registry)))
    assert engine.manifest.components["collaborative"].kind == Ease.kind
    assert "served/collaborative/weights.npy" in engine.manifest.files
    taste = taste_of({0: 5.0, 4: 4.5})
    answer = engine.recommend(UserProfile(taste, NO_ROWS), Query(strategy=Strategy.COLLABORATIVE))
    assert answer.strategy is Strategy.COLLABORATIVE
    component = registry.open(engine.manifest.version).components["collaborative"]
    assert isinstance(component, Ease)
    scores = component.score(taste)
    rows = [engine.catalogue.vocabulary.row(item.movie.movie_id) for item in answer.items]
    assert [item.score for item in answer.items] == [float(scores[row]) for row in rows if row is not None]

    with pytest.raises(OutdatedVersionError, match=r"it has no collaborative .*`recsvc train`$"):
        Engine(Registry(tmp_path / "plain").open(plain))
