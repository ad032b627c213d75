from __future__ import annotations

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from recsvc.features.blob import Blob


@given(texts=st.lists(st.text(max_size=12), max_size=12))
@example(texts=["", "🎬 movie", "", "ü\0\n", "𝔸"])
@example(texts=[])
@settings(deadline=None)
def test_texts_are_restored_unchanged(texts: list[str]) -> None:
    arrays = Blob.of(texts).arrays("titles")
    assert {name: (array.dtype, array.ndim) for name, array in arrays.items()} == {
        "titles_content": (np.dtype(np.uint8), 1),
        "titles_offsets": (np.dtype(np.int64), 1),
    }
    for array in arrays.values():
        array.setflags(write=False)
    again = Blob.from_arrays(arrays, "titles")
    assert len(again) == len(texts)
    assert [again[at] for at in range(len(texts))] == texts
    assert arrays["titles_offsets"].tolist()[-1] == sum(len(text.encode()) for text in texts)
