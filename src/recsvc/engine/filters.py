"""From filters to a mask over the catalogue."""

from __future__ import annotations

import numpy as np

from recsvc.engine.query import Era, Filters
from recsvc.errors import InvalidInputError
from recsvc.features.catalogue import Catalogue
from recsvc.features.metadata import UNKNOWN_YEAR
from recsvc.types import BoolMovies


def mask(catalogue: Catalogue, era_border: int | None, filters: Filters) -> BoolMovies:
    """Return which movies pass, bool (n_movies,), a fresh array.

    Excluded movies that are not in the catalogue change nothing.

    Raises:
        InvalidInputError: no movie of the catalogue has a genre of that name (any case), or the years are the wrong way
            round.
    """
    allowed = np.ones(len(catalogue), np.bool_)
    if filters.genres:
        allowed &= catalogue.with_genres([_genre(catalogue, name) for name in filters.genres])
    first, last = filters.year_from, filters.year_to
    if first is not None and last is not None and first > last:
        raise InvalidInputError(("year_from",), f"year_from {first} is after year_to {last}")
    if first is not None:
        allowed &= catalogue.years >= first
    if last is not None:
        allowed &= catalogue.years <= last
    if first is not None or last is not None:
        allowed &= catalogue.years != UNKNOWN_YEAR
    if filters.era is not Era.ANY:
        border = era_border or 0
        old = catalogue.years < border
        allowed &= (old if filters.era is Era.OLD else ~old) & (catalogue.years != UNKNOWN_YEAR)
    if filters.exclude:
        allowed[catalogue.vocabulary.known(filters.exclude)[0]] = False
    return allowed


def _genre(catalogue: Catalogue, name: str) -> str:
    for genre in catalogue.genres:
        if genre.casefold() == name.casefold():
            return genre
    raise InvalidInputError(("genre",), f"there is no genre {name!r}; there are {', '.join(catalogue.genres)}")
