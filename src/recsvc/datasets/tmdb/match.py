"""Which TMDB movie is meant by a title and a year. A movie left alone is better than one that is mistaken."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from recsvc.datasets.titles import normalise
from recsvc.datasets.tmdb.answer import Candidate
from recsvc.datasets.tmdb.api import TmdbApi
from recsvc.types import Movie

NO_YEAR = "its year is not known"
NO_SUCH_TITLE = "TMDB knows no movie of that title near that year"
SEVERAL = "several movies at TMDB have that title near that year"

WELL_KNOWN = 20
"""So many votes for a movie of the very year settle the matter without a look at the years beside it."""
MORE_ALIKE = 10
"""A vote for a movie of the very year counts as so many, and again for a title with the very article."""
LEAD = 5
"""Of several movies with the title, one is taken when it has so many times the votes of the next."""

_TRIED = 3


@dataclass(frozen=True, slots=True)
class Match:
    """The TMDB id that was found, or None and why."""

    tmdb_id: int | None
    why: str = ""


class Wanted:
    """What a movie of the dataset is called, and when it was released."""

    def __init__(self, titles: Iterable[str], year: int) -> None:
        self._year = year
        self._exact = _keys(titles, articles=True)
        self._loose = _keys(titles, articles=False)

    def is_near(self, candidate: Candidate) -> bool:
        """Whether it was released at most a year before or after."""
        return candidate.year is not None and abs(candidate.year - self._year) <= 1

    def is_called(self, candidate: Candidate, titles: Iterable[str]) -> bool:
        """Whether one of its titles is a wanted one; where the year differs, the article must not."""
        if candidate.year == self._year:
            return not self._loose.isdisjoint(_keys(titles, articles=False))
        return not self._exact.isdisjoint(_keys(titles, articles=True))

    def is_settled_by(self, candidate: Candidate) -> bool:
        """Whether there is no need to look at other years."""
        return candidate.year == self._year and candidate.vote_count >= WELL_KNOWN

    def choose(self, candidates: Iterable[Candidate]) -> Match:
        """Take the one movie, or of several the one that by far most users know, for users rate what they know."""
        ranked = sorted(candidates, key=lambda one: (-self._weight(one), one.id))
        if len(ranked) > 1 and self._weight(ranked[0]) < LEAD * self._weight(ranked[1]):
            return Match(None, SEVERAL)
        return Match(ranked[0].id) if ranked else Match(None, NO_SUCH_TITLE)

    def _weight(self, candidate: Candidate) -> int:
        weight = candidate.vote_count + 1
        if candidate.year == self._year:
            weight *= MORE_ALIKE
        if not self._exact.isdisjoint(_keys((candidate.title, candidate.original_title), articles=True)):
            weight *= MORE_ALIKE
        return weight


async def find(api: TmdbApi, movie: Movie) -> Match:
    """Look a movie up by its titles and year.

    A TMDB movie is meant when, once normalised, one of its titles is one of the movie's, and it was released at most
    a year before or after. The titles that a search tells (the title, the original title) are compared first; only
    where none is equal, the alternative titles of the first three movies near the year.

    Raises:
        DownloadError: TMDB gave no usable answer.
        ConfigurationError: TMDB does not accept the key.
    """
    if movie.year is None:
        return Match(None, NO_YEAR)
    titles = (movie.title, *movie.other_titles)
    wanted = Wanted(titles, movie.year)
    near: dict[int, Candidate] = {}
    for title in titles[:_TRIED]:
        for year in (movie.year, None):
            near.update({one.id: one for one in await api.search(title, year) if wanted.is_near(one)})
            called = [one for one in near.values() if wanted.is_called(one, (one.title, one.original_title))]
            if year is None or any(wanted.is_settled_by(one) for one in called):
                break
        if called:
            return wanted.choose(called)
    first = list(near.values())[:_TRIED]
    return wanted.choose([one for one in first if wanted.is_called(one, await api.alternative_titles(one.id))])


def _keys(titles: Iterable[str], *, articles: bool) -> frozenset[str]:
    """Titles as they are compared, also without spaces: "Heavyweights" is "Heavy Weights"."""
    # Nothing that follows another word is taken for a leading article.
    normal = (normalise(f"0 {title}").removeprefix("0") if articles else normalise(title) for title in titles)
    return frozenset(key for text in normal if (key := text.replace(" ", "")))
