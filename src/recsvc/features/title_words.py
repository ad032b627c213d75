"""The words of all titles: which titles have a word, and which words a typed one may mean."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from itertools import chain

import numpy as np
from rapidfuzz import process
from rapidfuzz.distance import OSA

from recsvc.types import Rows

AFTER_ALL_LETTERS = "\U0010ffff"
LETTERS_FOR_ONE_EDIT = 3
LETTERS_FOR_TWO_EDITS = 8
"""Shorter words are another word after as many edits: of three letters, most are."""
LETTERS_INSIDE = 4
"""Shorter texts are inside of too many words to mean one of them."""


class TitleWords:
    """An inverted index: word i, in alphabetical order, is in the titles `postings[starts[i]:starts[i + 1]]`."""

    def __init__(self, titles: Sequence[str]) -> None:
        split = [list(dict.fromkeys(title.split())) for title in titles]
        self._words = sorted(set(chain.from_iterable(split)))
        self._backwards = sorted(word[::-1] for word in self._words)
        self._text = "\n".join(["", *self._words, ""])
        self._line_starts = np.cumsum([1, *(len(word) + 1 for word in self._words)])
        self._of_size: defaultdict[int, list[str]] = defaultdict(list)
        for word in self._words:
            self._of_size[len(word)].append(word)
        number = {word: at for at, word in enumerate(self._words)}
        words = np.fromiter((number[word] for word in chain.from_iterable(split)), np.int32)
        in_titles = np.repeat(np.arange(len(split), dtype=np.int32), [len(one) for one in split])
        self._postings = in_titles[np.argsort(words, kind="stable")]
        self._starts = np.concatenate([[0], np.cumsum(np.bincount(words, minlength=len(self._words)))])

    def titles_with(self, words: range | list[int]) -> Rows:
        """Return the titles that have one of the words, perhaps repeated: int32 (n,)."""
        if isinstance(words, range):
            return self._postings[self._starts[words.start] : self._starts[words.stop]]
        spans = [self._postings[self._starts[word] : self._starts[word + 1]] for word in words]
        return np.concatenate(spans) if spans else np.empty(0, np.int32)

    def whole(self, word: str) -> range:
        """Return this word, if there is one."""
        at = bisect_left(self._words, word)
        return range(at, at + (at < len(self._words) and self._words[at] == word))

    def begun(self, beginning: str) -> range:
        """Return the words that begin so."""
        return _span(self._words, beginning)

    def around(self, part: str) -> list[int]:
        """Return the words that contain a part of four letters or more."""
        if len(part) < LETTERS_INSIDE:
            return []
        found: list[int] = []
        at = self._text.find(part)
        while at >= 0:
            found.append(int(np.searchsorted(self._line_starts, at, side="right")) - 1)
            at = self._text.find(part, self._text.find("\n", at))
        return found

    def misspelt(self, word: str, edits: int) -> list[int]:
        """Return the words from which so many edits make this one: a letter more, less or other, or two swapped.

        There are none where the word is too short for so many.
        """
        if len(word) < (LETTERS_FOR_ONE_EDIT if edits == 1 else LETTERS_FOR_TWO_EDITS):
            return []
        near = self._with_the_same_half(word) if edits == 1 else self._of_sizes(len(word) - edits, len(word) + edits)
        found = process.extract(word, near, scorer=OSA.distance, score_cutoff=edits, limit=None)
        return [self.whole(other).start for other, distance, _ in found if distance == edits]

    def begun_and_misspelt(self, beginning: str) -> list[int]:
        """Return the words whose beginning becomes this one by one edit behind its first letter."""
        if len(beginning) <= LETTERS_FOR_ONE_EDIT:
            return []
        of_the_letter = self.begun(beginning[0])
        long = [word for word in of_the_letter if len(self._words[word]) > len(beginning)]
        found: set[int] = set()
        for size in range(len(beginning) - 1, len(beginning) + 2):
            cut = {word: self._words[word][:size] for word in long}
            near = process.extract(beginning, cut, scorer=OSA.distance, score_cutoff=1, limit=None)
            found.update(word for _, _, word in near)
        return sorted(found)

    def pairs(self, word: str) -> list[tuple[str, str, Rows]]:
        """Return each two words that make this one together, with the titles that have both: int32 (n,)."""
        found: list[tuple[str, str, Rows]] = []
        for at in range(1, len(word)):
            first, second = self.whole(word[:at]), self.whole(word[at:])
            if first and second:
                titles = np.intersect1d(self.titles_with(first), self.titles_with(second), assume_unique=True)
                found.append((word[:at], word[at:], titles))
        return found

    def _with_the_same_half(self, word: str) -> list[str]:
        """Return the words that have one edit in the first or in the second half, and so the letters of the other."""
        half = (len(word) + 1) // 2
        first = _span(self._words, word[: half - 1])  # without the letter that may be swapped across the middle
        second = _span(self._backwards, word[half:][::-1])
        words = {*self._words[first.start : first.stop], *(self._backwards[at][::-1] for at in second)}
        return [other for other in words if abs(len(other) - len(word)) <= 1]

    def _of_sizes(self, least: int, most: int) -> list[str]:
        return [word for size in range(least, most + 1) for word in self._of_size.get(size, ())]


def _span(words: list[str], beginning: str) -> range:
    return range(bisect_left(words, beginning), bisect_left(words, beginning + AFTER_ALL_LETTERS))
