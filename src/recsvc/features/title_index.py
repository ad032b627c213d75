"""Title search: what was typed as it stands comes before what forgives an error, and fame breaks ties."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from recsvc.datasets.titles import DROPPED_ARTICLES, normalise
from recsvc.features.blob import Blob
from recsvc.features.title_words import TitleWords
from recsvc.types import Movie, Rows, State

CANDIDATES = 300
UNFINISHED, APART, ERROR, MISSING = 1, 2, 1_000, 1_000_000
"""What a word of the query costs a title that has it longer, as two words, with one error, or not at all."""

Costs: TypeAlias = NDArray[np.int32]


class TitleIndex:
    """All titles of the movies, and an index of their words; title i belongs to the movie `rows[i]`."""

    kind: ClassVar[str] = "titles"

    def __init__(self, titles: Blob, rows: Rows) -> None:
        self._titles = titles
        self._rows = rows
        texts = [titles[at] for at in range(len(titles))]
        self._words = TitleWords(texts)
        self._lengths = np.array([len(_said(text)) for text in texts], np.int32)

    @classmethod
    def of(cls, movies: Sequence[Movie]) -> Self:
        """Index all titles of the movies, in the order of their rows."""
        titles: list[str] = []
        rows: list[int] = []
        for row, movie in enumerate(movies):
            for title in dict.fromkeys(normalise(title) for title in (movie.title, *movie.other_titles)):
                titles.append(title)
                rows.append(row)
        return cls(Blob.of(titles), np.array(rows, np.int32))

    def search(self, query: str, popularity: NDArray[np.int64]) -> Rows:
        """Return the rows of the movies whose titles are what the query means, best first: int32 (n_found,).

        Accents, case, punctuation, articles, the order of the words and an unfinished last word do not matter. Only
        where no title has all words so, one error in a word is forgiven, then two in a long one, then half of the
        words. Titles that are equally near are ordered by `popularity` (n_movies,), the most popular first.
        """
        text = normalise(query)
        words = _said(text)
        if not words:
            return np.empty(0, np.int32)
        for costs in self._more_and_more_forgiving(words):
            found = _rows_where(costs < MISSING)
            if len(found):
                break
        titles = np.concatenate([self._ordered(found, costs, text, popularity), self._inside(words, popularity)])
        if not len(titles):
            found = _rows_where(costs // MISSING <= len(words) // 2)
            titles = self._ordered(found, costs, text, popularity)
        rows = self._rows[titles]
        _, first = np.unique(rows, return_index=True)
        best: Rows = rows[np.sort(first)]
        return best

    def _more_and_more_forgiving(self, words: Sequence[str]) -> Iterator[Costs]:
        """Yield what the words cost each title, the more errors are forgiven the more titles less: (n_titles,)."""
        fits = len(words) <= self._lengths.max(initial=0)
        for edits in (0, 1, 2) if fits else (2,):  # no title has all of so many words
            yield self._sum(words, range(len(words)), edits)

    def _sum(self, words: Sequence[str], places: range, edits: int) -> Costs:
        total: Costs = np.zeros(len(self._rows), np.int32)
        for at in places:
            total += self._costs(words, at, edits)
        return total

    def _costs(self, words: Sequence[str], at: int, edits: int) -> Costs:
        """Return what one of the words costs each title, if so many edits are forgiven: (n_titles,)."""
        costs: Costs = np.full(len(self._rows), MISSING, np.int32)
        word, is_last = words[at], at == len(words) - 1
        known = self._words
        if edits > 1:
            costs[known.titles_with(known.misspelt(word, 2))] = 2 * ERROR
            if is_last:
                costs[known.titles_with(known.begun_and_misspelt(word))] = ERROR + UNFINISHED
        if edits:
            costs[known.titles_with(known.misspelt(word, 1))] = ERROR
            if not is_last:
                costs[known.titles_with(known.whole(word + words[at + 1]))] = ERROR
            if at:
                costs[known.titles_with(known.whole(words[at - 1] + word))] = 0  # its other half has cost the error
        costs[self._apart(word)] = APART
        if is_last:
            costs[known.titles_with(known.begun(word))] = UNFINISHED
        costs[known.titles_with(known.whole(word))] = 0
        return costs

    def _apart(self, word: str) -> list[int]:
        """Return the titles that have the word as two: "starwars"."""
        return [
            title
            for first, second, titles in self._words.pairs(word)
            for title in titles.tolist()
            if f" {first} {second} " in f" {self._titles[title]} "
        ]

    def _inside(self, words: Sequence[str], popularity: NDArray[np.int64]) -> Rows:
        """Return the titles that have all words, the last one inside of a longer word: "matrix" in *The Animatrix*."""
        titles = np.unique(self._words.titles_with(self._words.around(words[-1])))
        if len(titles) and len(words) > 1:
            titles = titles[self._sum(words, range(len(words) - 1), 0)[titles] < MISSING]
        return titles[np.argsort(-popularity[self._rows[titles]], kind="stable")]

    def _ordered(self, titles: Rows, costs: Costs, text: str, popularity: NDArray[np.int64]) -> Rows:
        """Return the best of these titles, the nearest to the text first, and of these the most popular."""
        errors, unfinished = np.divmod(costs[titles], ERROR)
        longer = self._lengths[titles] > len(_said(text)) - costs[titles] // MISSING
        fame = -popularity[self._rows[titles]]
        best = np.lexsort((fame, longer, unfinished, errors))[:CANDIDATES]
        texts = [self._titles[at] for at in titles[best].tolist()]
        rest = [0 if title == text else 2 if title.startswith(text) else 3 for title in texts]
        nearness = np.where((longer | (unfinished > 0))[best], rest, np.minimum(rest, 1))
        begun = np.where(nearness == 3, unfinished[best], 0)  # what a title begins with is as near, in a word or in two
        return titles[best[np.lexsort((fame[best], begun, nearness, errors[best]))]]

    def state(self) -> State:
        """Return the titles as a blob, and whose they are; the index of words is made again from them."""
        return State({}, {**self._titles.arrays("titles"), "rows": self._rows})

    @classmethod
    def from_state(cls, state: State) -> Self:
        """Rebuild the index from its state."""
        return cls(Blob.from_arrays(state.arrays, "titles"), state.arrays["rows"])


def _rows_where(condition: NDArray[np.bool_]) -> Rows:
    return np.flatnonzero(condition).astype(np.int32)


def _said(text: str) -> list[str]:
    """Return the words without articles, which titles lose at the front and users anywhere."""
    words = text.split()
    return [word for word in words if word not in DROPPED_ARTICLES] or words
