"""Many texts as one array of bytes with offsets, so that processes can share them and a text is made only when used."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Self

import numpy as np
from numpy.typing import NDArray

from recsvc.types import Array


class Blob:
    """Texts in UTF-8: text i is `content[offsets[i]:offsets[i + 1]]`; `content` uint8, `offsets` int64 (n + 1,)."""

    __slots__ = ("_content", "_offsets")

    def __init__(self, content: NDArray[np.uint8], offsets: NDArray[np.int64]) -> None:
        self._content = content
        self._offsets = offsets

    @classmethod
    def of(cls, texts: Iterable[str]) -> Self:
        """Encode the texts and join them."""
        encoded = [text.encode() for text in texts]
        offsets = np.zeros(len(encoded) + 1, np.int64)
        np.cumsum([len(text) for text in encoded], out=offsets[1:])
        return cls(np.frombuffer(b"".join(encoded), np.uint8), offsets)

    def __len__(self) -> int:
        return len(self._offsets) - 1

    def __getitem__(self, index: int) -> str:
        return bytes(self._content[self._offsets[index] : self._offsets[index + 1]]).decode()

    def arrays(self, name: str) -> dict[str, Array]:
        """Return the two arrays, as `<name>_content` and `<name>_offsets`."""
        return {f"{name}_content": self._content, f"{name}_offsets": self._offsets}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array], name: str) -> Self:
        """Rebuild the blob from the arrays that `arrays` returned for the same name."""
        return cls(arrays[f"{name}_content"], arrays[f"{name}_offsets"])
