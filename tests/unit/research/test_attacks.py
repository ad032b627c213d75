from __future__ import annotations

import numpy as np
import pytest

from recsvc.evaluation.parallel import no_progress
from recsvc.evaluation.protocols.ranked_lists import RankedLists
from recsvc.evaluation.protocols.ranking_protocols import RankingResult
from recsvc.features.interactions import Interactions, interactions_of
from recsvc.features.vocabulary import Vocabulary
from recsvc.research import attacks
from recsvc.research.attacks import FILLERS, Attack, Kind, share_of_lists, with_attackers
from recsvc.types import Ranked
from tests.versions import part_of_sample


@pytest.fixture(scope="module")
def train() -> Interactions:
    part = part_of_sample(range(1, 96), range(200), name="part")
    return interactions_of(part.ratings, Vocabulary.of(movie.movie_id for movie in part.movies))


@pytest.mark.parametrize("kind", ["bandwagon", "average", "noise"])
def test_attackers_are_a_twentieth_of_all_and_the_others_stay(train: Interactions, kind: Kind) -> None:
    target = None if kind == "noise" else 7
    both = with_attackers(train, Attack(kind, target), seed=1)
    assert (train.n_users, both.n_users) == (190, 200)
    honest = both.of_users(np.arange(190))
    for name in ("starts", "rows", "stars", "times"):
        np.testing.assert_array_equal(getattr(honest, name), getattr(train, name))
    counts, (_, _, means) = train.counts(), train.means("item")
    assert both.times is not None
    assert (both.times[train.starts[-1] :] == both.times.max()).all()  # they are the newest
    for attacker in range(190, 200):
        taste = both.taste(attacker)
        assert (np.diff(taste.rows) > 0).all()
        assert ((taste.stars >= 0.5) & (taste.stars <= 5) & (taste.stars % 0.5 == 0)).all()
        if target is None:
            assert len(taste) == min((counts > 0).sum(), attacks.NOISE)
            continue
        assert taste.stars[taste.rows == target].tolist() == [5]
        others = taste.rows != target
        assert others.sum() == FILLERS
        if kind == "bandwagon":
            assert (taste.stars == 5).all()
            assert counts[taste.rows[others]].min() >= np.sort(counts)[-FILLERS - 1]
        else:
            assert (np.abs(taste.stars - means[taste.rows])[others] <= 0.25 + 1e-6).all()


def test_who_has_rated_the_movie_is_not_counted() -> None:
    lists = [Ranked(np.array(rows, np.int32), np.zeros(len(rows), np.float32)) for rows in ([0, 1], [1, 2], [0, 2])]
    of_users = RankedLists(2, np.arange(3), tuple(lists))
    result = RankingResult("hybrid", {}, {}, 3, 0.0, of_users)
    train = Interactions(3, np.array([0, 1, 1, 1]), np.array([2], np.int32), np.array([4.0], np.float32))
    assert share_of_lists(result, 2, train) == 1  # of users 1 and 2, for user 0 has rated it
    assert share_of_lists(result, 0, train) == pytest.approx(2 / 3)


def test_every_attack_is_measured_beside_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attacks, "TARGETS", 1)
    monkeypatch.setattr(attacks, "MOST_RATINGS", 30)
    part = part_of_sample(range(1, 101), range(120), name="part")
    report = attacks.attacks(part, seed=1, processes=1, progress=no_progress)
    assert [row["attack"] for row in report["push"]] == ["bandwagon", "average"]
    assert all(0 <= share <= 1 for row in report["push"] for share in (*row["in_lists"], *row["before"]))
    assert 0 < report["noise"]["any"] < 1
    assert report["without"] != report["noise"]
