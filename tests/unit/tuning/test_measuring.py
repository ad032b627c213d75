from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest

from recsvc.models.hybrid import HybridConfig
from recsvc.tuning import measuring
from recsvc.tuning.measuring import Measuring
from recsvc.tuning.objective import Latest, Objective, hold_outs_of
from tests.versions import part_of_sample


def test_nothing_is_measured_twice_and_each_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    measured: list[tuple[HybridConfig, int, int]] = []
    measure_one = Objective.__call__

    def counted(self: Objective, config: HybridConfig, seed: int, hold_out: int) -> object:
        measured.append((config, seed, hold_out))
        return measure_one(self, config, seed, hold_out)

    monkeypatch.setattr(Objective, "__call__", counted)
    part = part_of_sample(range(1, 101), range(120), name="part")
    config = replace(HybridConfig(), calibration=0.0)
    same = replace(config)
    told: list[int] = []
    with Measuring(part, 1) as measure:
        first, second, again = measure([(config, 1), (config, 2), (same, 1)], lambda: told.append(len(measured)))
        assert again is first
        assert measure([(config, 2)], lambda: told.append(len(measured))) == [second]
    assert (
        len(measured) == len({(seed, hold_out) for _, seed, hold_out in measured}) == hold_outs_of(1) + hold_outs_of(2)
    )
    assert told == [hold_outs_of(1)] * 2 + [len(measured)] * 2
    assert {*first.ndcg} == {"known", "new", "few", "later"}
    assert {*second.ndcg} == {"known", "new", "few"}
    assert not measuring._objective  # what it held is let go


def test_what_was_used_longest_ago_makes_room() -> None:
    made: list[str] = []

    def make(name: str) -> str:
        made.append(name)
        return name

    latest = Latest[str](2)
    for name in ("a", "b", "a", "c", "a", "b"):
        assert latest((0, name), partial(make, name)) == name
    assert made == ["a", "b", "c", "b"]
