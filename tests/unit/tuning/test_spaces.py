from __future__ import annotations

from dataclasses import asdict, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsvc.models.hybrid import HybridConfig
from recsvc.tuning.spaces import GROUPS, SETTINGS, STARTS, Setting, config_at, near, point_of

shares = st.floats(0, 1)


def test_the_defaults_are_a_point_of_the_space() -> None:
    point = point_of(HybridConfig())
    assert [*point] == [setting.name for setting in SETTINGS]
    again = config_at(HybridConfig(), point)
    assert asdict(again.weights) == pytest.approx(asdict(HybridConfig().weights))
    assert replace(again, weights=HybridConfig().weights) == HybridConfig()
    assert all(setting.low <= point[setting.name] <= setting.high for setting in SETTINGS)


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
@given(share=shares)
def test_a_share_of_a_range_is_a_value_and_back(setting: Setting, share: float) -> None:
    value = setting.at(share)
    assert setting.low <= value <= setting.high
    if not setting.whole:
        assert setting.share(value) == pytest.approx(share, abs=1e-9)
    assert setting.at(setting.share(value)) == pytest.approx(value)


@pytest.mark.parametrize("group", GROUPS)
@given(drawn=st.lists(shares, min_size=5, max_size=5), width=st.sampled_from([0.1, 0.4]))
def test_a_point_near_another_differs_in_its_group_alone_and_stays_in_the_ranges(
    group: tuple[str, ...], drawn: list[float], width: float
) -> None:
    centre = point_of(HybridConfig())
    point = near(centre, group, drawn, width)
    for setting in SETTINGS:
        moved = abs(setting.share(point[setting.name]) - setting.share(centre[setting.name]))
        assert moved <= (width + (0.05 if setting.whole else 1e-9) if setting.name in group else 0)
        assert setting.low <= point[setting.name] <= setting.high
    assert near(centre, group, [0.5] * 5, width) == pytest.approx(centre)


def test_every_setting_is_varied_and_reaches_the_config() -> None:
    assert {name for group in GROUPS for name in group} == {setting.name for setting in SETTINGS}
    base = HybridConfig()
    point = point_of(base)
    for setting in SETTINGS:
        changed = config_at(base, {**point, setting.name: setting.at(0.25)})
        assert point_of(changed)[setting.name] == pytest.approx(setting.at(0.25))
        assert changed != base


def test_every_start_is_a_point_of_its_own() -> None:
    defaults = point_of(HybridConfig())
    starts = [{**defaults, **start} for start in STARTS]
    for start in starts:
        assert start.keys() == defaults.keys()
        assert point_of(config_at(HybridConfig(), start)) == pytest.approx(start)
    assert len({tuple(start.values()) for start in [*starts, defaults]}) == len(STARTS) + 1


def test_the_longest_half_lives_stand_for_none() -> None:
    point = point_of(HybridConfig())
    assert config_at(HybridConfig(), {**point, "half_life": 1.9}).prior_popularity.half_life is None
    with_one = replace(HybridConfig(), prior_popularity=replace(HybridConfig().prior_popularity, half_life=0.2))
    assert point_of(with_one)["half_life"] == 0.2
