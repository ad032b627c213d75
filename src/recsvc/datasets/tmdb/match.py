"""Find the TMDB movie with a given title and year. No match is better than a wrong one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from recsvc.datasets.titles import normalise
from recsvc.datasets.tmdb.api import TmdbApi
from recsvc.datasets.tmdb.responses import Candidate
from recsvc.types import Movie

NO_YEAR = "its year is not known"
NO_SUCH_TITLE = "TMDB has no movie with that title near that year"
SEVERAL = "TMDB has several movies with that title near that year"

WELL_KNOWN = 20
"""A movie of the same year with this many votes is accepted without a search in the adjacent years."""
EXACT_MATCH_FACTOR = 10
"""The votes of a movie are multiplied by this if the year is the same, and again if the article is the same."""
LEAD = 5
"""Of several movies with the title, the first is accepted if it has at least this many times the votes of the next."""

_MAX_TRIED = 3


@dataclass(frozen=True, slots=True)
class Match:
    """The TMDB id that was found, or None and the reason."""

    tmdb_id: int | None
    why: str = ""


class TitleMatcher:
    """Compare candidates with the titles and the release year of a movie of the dataset."""

    def __init__(self, titles: Iterable[str], year: int) -> None:
        self._year = year
        self._exact = _keys(titles, articles=True)
        self._loose = _keys(titles, articles=False)

    def is_near(self, candidate: Candidate) -> bool:
        """Return whether a candidate was released at most one year before or after the movie."""
        return candidate.year is not None and abs(candidate.year - self._year) <= 1

    def has_title(self, candidate: Candidate, titles: Iterable[str]) -> bool:
        """Return whether one of the candidate's `titles` is one of the movie's.

        A leading article is ignored if the year is the same, and must be equal otherwise.
        """
        if candidate.year == self._year:
            return not self._loose.isdisjoint(_keys(titles, articles=False))
        return not self._exact.isdisjoint(_keys(titles, articles=True))

    def is_settled_by(self, candidate: Candidate) -> bool:
        """Return whether a candidate makes a search in other years unnecessary."""
        return candidate.year == self._year and candidate.vote_count >= WELL_KNOWN

    def choose(self, candidates: Iterable[Candidate]) -> Match:
        """Choose the only candidate, or of several the one with by far the most votes: well-known movies get rated."""
        ranked = sorted(candidates, key=lambda candidate: (-self._weight(candidate), candidate.id))
        if len(ranked) > 1 and self._weight(ranked[0]) < LEAD * self._weight(ranked[1]):
            return Match(None, SEVERAL)
        return Match(ranked[0].id) if ranked else Match(None, NO_SUCH_TITLE)

    def _weight(self, candidate: Candidate) -> int:
        weight = candidate.vote_count + 1
        if candidate.year == self._year:
            weight *= EXACT_MATCH_FACTOR
        if not self._exact.isdisjoint(_keys((candidate.title, candidate.original_title), articles=True)):
            weight *= EXACT_MATCH_FACTOR
        return weight


async def find(api: TmdbApi, movie: Movie) -> Match:
    """Search TMDB for a movie by its titles and year.

    A TMDB movie matches if one of its titles equals one of the movie's after normalisation, and it was released at most
    one year before or after. The titles in the search results (title and original title) are compared first. Only if
    none of them is equal, the alternative titles of the first three results near the year are compared.

    Raises:
        DownloadError: TMDB gave no usable answer.
        ConfigurationError: TMDB does not accept the key.
    """
    if movie.year is None:
        return Match(None, NO_YEAR)
    titles = (movie.title, *movie.other_titles)
    matcher = TitleMatcher(titles, movie.year)
    near: dict[int, Candidate] = {}
    for title in titles[:_MAX_TRIED]:
        for year in (movie.year, None):
            results = await api.search(title, year)
            near.update({candidate.id: candidate for candidate in results if matcher.is_near(candidate)})
            equal = [c for c in near.values() if matcher.has_title(c, (c.title, c.original_title))]
            if year is None or any(matcher.is_settled_by(candidate) for candidate in equal):
                break
        if equal:
            return matcher.choose(equal)
    first = list(near.values())[:_MAX_TRIED]
    return matcher.choose([c for c in first if matcher.has_title(c, await api.alternative_titles(c.id))])


def _keys(titles: Iterable[str], *, articles: bool) -> frozenset[str]:
    """Return the normalised titles without spaces, so that "Heavyweights" equals "Heavy Weights"."""
    # normalise() drops only a leading article, so a word in front of the title keeps the article.
    normal = (normalise(f"0 {title}").removeprefix("0") if articles else normalise(title) for title in titles)
    return frozenset(key for text in normal if (key := text.replace(" ", "")))
