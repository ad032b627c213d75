"""Title search that tolerates typing errors: trigrams find candidates, RapidFuzz orders them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz

from recsvc.datasets.titles import normalise
from recsvc.features.blob import Blob
from recsvc.types import Array, Movie, Rows, State

CANDIDATES = 300
MIN_SIMILARITY = 60.0


class TitleIndex:
    """An inverted index from the trigrams of normalised titles to titles, and from titles to movies.

    Trigram t occurs in the titles `postings[starts[t]:starts[t + 1]]`; title i belongs to the movie `rows[i]`.
    """

    kind: ClassVar[str] = "titles"

    def __init__(
        self, titles: Blob, rows: Rows, trigrams: NDArray[np.uint32], starts: NDArray[np.int64], postings: Rows
    ) -> None:
        self._titles = titles
        self._rows = rows
        self._trigrams = trigrams
        self._starts = starts
        self._postings = postings

    @classmethod
    def of(cls, movies: Sequence[Movie]) -> Self:
        """Index all titles of the movies, in the order of their rows."""
        titles: list[str] = []
        rows: list[int] = []
        for row, movie in enumerate(movies):
            for title in dict.fromkeys(normalise(title) for title in (movie.title, *movie.other_titles)):
                titles.append(title)
                rows.append(row)
        postings: dict[int, list[int]] = defaultdict(list)
        for at, title in enumerate(titles):
            for trigram in _trigrams(title):
                postings[trigram].append(at)
        order = sorted(postings)
        starts = np.zeros(len(order) + 1, np.int64)
        np.cumsum([len(postings[trigram]) for trigram in order], out=starts[1:])
        flat = [at for trigram in order for at in postings[trigram]]
        return cls(
            Blob.of(titles), np.array(rows, np.int32), np.array(order, np.uint32), starts, np.array(flat, np.int32)
        )

    def search(self, query: str, popularity: NDArray[np.int64]) -> Rows:
        """Return the rows of the movies whose titles are similar to the query, best first: int32 (n_found,).

        Equally similar movies are ordered by `popularity` (n_movies,), the most popular first. Accents, case,
        punctuation, a leading article, the order of the words, a few wrong letters and an unfinished last word do not
        matter.
        """
        text = normalise(query)
        trigrams = _trigrams(text)
        if not trigrams or not len(self._trigrams):
            return np.empty(0, np.int32)
        at = np.searchsorted(self._trigrams, trigrams)
        spans = [
            self._postings[self._starts[i] : self._starts[i + 1]]
            for i, trigram in zip(at.tolist(), trigrams, strict=True)
            if i < len(self._trigrams) and self._trigrams[i] == trigram
        ]
        if not spans:
            return np.empty(0, np.int32)
        shared = np.bincount(np.concatenate(spans), minlength=len(self._rows))
        found = np.flatnonzero(shared)
        found = found[np.lexsort((-popularity[self._rows[found]], -shared[found]))][:CANDIDATES]
        titles = [self._titles[i] for i in found.tolist()]
        similarity = np.array([_similarity(text, title) for title in titles])
        order = np.lexsort((-popularity[self._rows[found]], -np.round(similarity)))
        rows = self._rows[found[order[similarity[order] >= MIN_SIMILARITY]]]
        _, first = np.unique(rows, return_index=True)
        best: Rows = rows[np.sort(first)]
        return best

    def state(self) -> State:
        """Return the titles as a blob, and the index over them."""
        arrays: dict[str, Array] = {
            "rows": self._rows,
            "trigrams": self._trigrams,
            "starts": self._starts,
            "postings": self._postings,
        }
        return State({}, {**self._titles.arrays("titles"), **arrays})

    @classmethod
    def from_state(cls, state: State) -> Self:
        """Rebuild the index from its state."""
        names = ("rows", "trigrams", "starts", "postings")
        return cls(Blob.from_arrays(state.arrays, "titles"), *(state.arrays[name] for name in names))


def _trigrams(title: str) -> list[int]:
    """Return the trigrams of the words, each padded with spaces, as sorted numbers; word order does not matter."""
    found: set[int] = set()
    for word in title.split():
        padded = f"  {word} "
        found.update(_number(padded[at : at + 3]) for at in range(len(padded) - 2))
    return sorted(found)


def _number(trigram: str) -> int:
    """Encode three characters with 10 bits each. Some rare letters get equal codes, which only adds candidates."""
    a, b, c = (ord(letter) & 0x3FF for letter in trigram)
    return a << 20 | b << 10 | c


def _similarity(query: str, title: str) -> float:
    """Return how similar a query is to a title (0-100), or to its beginning, as the query may be unfinished."""
    whole = max(fuzz.ratio(query, title), 0.98 * fuzz.token_sort_ratio(query, title))
    beginning = 0.97 * fuzz.ratio(query, title[: len(query)]) if len(query) < len(title) else 0.0
    words = 0.92 * fuzz.token_set_ratio(query, title)
    return max(whole, beginning, words)
