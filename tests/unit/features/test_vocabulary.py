from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsvc.features.vocabulary import Vocabulary

some_ids = st.lists(st.integers(1, 10**12), max_size=30)


@given(ids=some_ids, others=some_ids)
@settings(deadline=None)
def test_rows_and_ids_are_inverse_to_each_other(ids: list[int], others: list[int]) -> None:
    vocabulary = Vocabulary.of(ids)
    in_order = sorted(set(ids))
    assert vocabulary.ids.tolist() == in_order
    assert len(vocabulary) == len(in_order)
    assert [vocabulary.row(movie_id) for movie_id in in_order] == list(range(len(in_order)))
    rows = vocabulary.rows(np.array(ids, np.int64))
    assert rows.dtype == np.int32
    assert vocabulary.ids[rows].tolist() == ids
    known, places = vocabulary.known([*others, *ids])
    assert known.dtype == np.int32
    expected = [(in_order.index(movie_id), at) for at, movie_id in enumerate([*others, *ids]) if movie_id in in_order]
    assert list(zip(known.tolist(), places, strict=True)) == expected


def test_ids_must_ascend_without_repeats() -> None:
    for ids in ([2, 1], [1, 1], [1, 3, 2]):
        with pytest.raises(ValueError, match="sorted and without repeats"):
            Vocabulary(np.array(ids, np.int64))


@pytest.mark.parametrize("ids", [[], [10, 30]])
@pytest.mark.parametrize("unknown", [5, 20, 40])
def test_an_unknown_movie_is_named_in_the_error(ids: list[int], unknown: int) -> None:
    vocabulary = Vocabulary.of(ids)
    assert vocabulary.row(unknown) is None
    with pytest.raises(KeyError, match=str(unknown)):
        vocabulary.rows(np.array([*ids, unknown, 99], np.int64))
    assert vocabulary.known([unknown])[0].tolist() == []


def test_an_empty_vocabulary_has_no_rows() -> None:
    assert Vocabulary.of([]).rows(np.array([], np.int64)).tolist() == []
