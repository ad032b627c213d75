from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from recsvc.features.stretches import places_of


def test_the_places_by_hand() -> None:
    # three owners with two, no and three values
    at, starts = places_of(np.array([2, 1, 0, 2]), np.array([0, 2, 2, 5]))
    assert at.tolist() == [2, 3, 4, 0, 1, 2, 3, 4]
    assert starts.tolist() == [0, 3, 3, 5, 8]


@given(lengths=st.lists(st.integers(0, 3), min_size=1), data=st.data())
def test_the_values_are_those_of_the_owners(lengths: list[int], data: st.DataObject) -> None:
    values = [[(owner, at) for at in range(length)] for owner, length in enumerate(lengths)]
    flat = [value for of_owner in values for value in of_owner]
    owners = data.draw(st.lists(st.integers(0, len(lengths) - 1), max_size=5))
    at, starts = places_of(np.array(owners, np.intp), np.cumsum([0, *lengths]))
    found = [flat[place] for place in at.tolist()]
    assert found == [value for owner in owners for value in values[owner]]
    assert np.diff(starts).tolist() == [lengths[owner] for owner in owners]
