"""Affinity on the small world, in which each of four directors has some ten movies."""

from __future__ import annotations

import numpy as np
import pytest

from recsvc.evaluation.parallel import no_progress
from recsvc.evaluation.protocols.ranked_lists import RankedLists
from recsvc.research.affinity import DRAWS, GIVEN, LEAST_MOVIES, LEAST_RATINGS, affinity, groups, share_of_others
from recsvc.types import Ranked
from tests.contracts.worlds import world


def test_the_movies_of_a_draw_are_of_one_group() -> None:
    held = world()
    drawn = groups(held.dataset, held.vocabulary, "directors", 1)
    counts = held.interactions.counts()
    members: dict[str, list[int]] = {}
    for row, movie in enumerate(held.dataset.movies):
        for name in movie.directors if counts[row] >= LEAST_RATINGS else ():
            members.setdefault(name, []).append(row)
    large = [set(rows) for _, rows in sorted(members.items()) if len(rows) >= LEAST_MOVIES]
    assert drawn.count == len(large) > 1
    assert len(drawn.task.users) == DRAWS * drawn.count
    for user in drawn.task.users.tolist():
        given, others = drawn.task.fold_in.taste(user), drawn.task.held_out.taste(user)
        assert len(given) == GIVEN
        assert set(given.stars.tolist()) == {5.0}
        assert {*given.rows.tolist()} | {*others.rows.tolist()} == large[user // DRAWS]
        assert not {*given.rows.tolist()} & {*others.rows.tolist()}
    again = groups(held.dataset, held.vocabulary, "directors", 1)
    np.testing.assert_array_equal(again.task.fold_in.rows, drawn.task.fold_in.rows)
    other = groups(held.dataset, held.vocabulary, "directors", 2)
    assert other.task.fold_in.rows.tolist() != drawn.task.fold_in.rows.tolist()


def test_the_share_by_hand() -> None:
    task = groups(world().dataset, world().vocabulary, "directors", 1).task
    others = [task.held_out.taste(user).rows for user in (0, 1)]
    nobody = np.setdiff1d(np.arange(40), np.concatenate(others))[:2].astype(np.int32)
    lists = [np.append(others[0][:3], nobody), others[1]]
    ranked = tuple(Ranked(rows.astype(np.int32), np.zeros(len(rows), np.float32)) for rows in lists)
    shares = share_of_others(RankedLists(10, np.array([0, 1]), ranked), task.held_out)
    assert shares == pytest.approx([3 / min(10, len(others[0])), 1.0])


def test_calibration_gives_fans_what_they_like() -> None:
    report = affinity(world().dataset, seed=1, processes=1, progress=no_progress)
    rows = {row["model"]: row for row in report["rows"]}
    assert report["groups"]["languages"] == 0
    assert rows["hybrid"]["languages"] == {"mean": None, "interval": None}
    means = {name: row["directors"]["mean"] for name, row in rows.items()}
    assert means["hybrid"] > means["hybrid, not calibrated"] > means["random"]
    low, high = rows["hybrid"]["directors"]["interval"]
    assert low <= means["hybrid"] <= high
    assert 0 < rows["hybrid"]["ndcg@10"]["liked"] < 1
