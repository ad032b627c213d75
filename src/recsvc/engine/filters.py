"""From filters to a mask over the catalogue."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from recsvc.engine.query import Era, Filters
from recsvc.errors import InvalidInputError
from recsvc.features.catalogue import Catalogue
from recsvc.features.credits import Credits
from recsvc.features.metadata import UNKNOWN_YEAR
from recsvc.types import BoolMovies, Rows


def mask(catalogue: Catalogue, era_border: int | None, filters: Filters) -> BoolMovies:
    """Return which movies pass, bool (n_movies,), a new array.

    Movies that are not in the catalogue have no effect where they are excluded, and are none of `only`.

    Raises:
        InvalidInputError: No movie of the catalogue has a genre, a director or an actor of that name, in upper or lower
            case.
    """
    allowed = np.ones(len(catalogue), np.bool_)
    if filters.genres:
        allowed &= catalogue.with_genres([_genre(catalogue, name) for name in filters.genres])
    if filters.directors:
        allowed &= _credited(catalogue, catalogue.directors, "director", filters.directors)
    if filters.actors:
        allowed &= _credited(catalogue, catalogue.actors, "actor", filters.actors)
    if filters.year_from is not None:
        allowed &= catalogue.years >= filters.year_from
    if filters.year_to is not None:
        allowed &= catalogue.years <= filters.year_to
    if filters.year_from is not None or filters.year_to is not None:
        allowed &= catalogue.years != UNKNOWN_YEAR
    if filters.era is not Era.ANY:
        border = catalogue.newest_from if filters.era is Era.NEWEST else era_border
        old = catalogue.years < (border or 0)
        allowed &= (old if filters.era is Era.OLD else ~old) & (catalogue.years != UNKNOWN_YEAR)
    if filters.only:
        allowed &= _among(catalogue, catalogue.vocabulary.known(filters.only)[0])
    if filters.exclude:
        allowed[catalogue.vocabulary.known(filters.exclude)[0]] = False
    return allowed


def _genre(catalogue: Catalogue, name: str) -> str:
    for genre in catalogue.genres:
        if genre.casefold() == name.casefold():
            return genre
    raise InvalidInputError(("genre",), f"there is no genre {name!r}; there are {', '.join(catalogue.genres)}")


def _credited(catalogue: Catalogue, credited: Credits, field: str, names: Sequence[str]) -> BoolMovies:
    of_each = [credited.movies(name) for name in names]
    for name, rows in zip(names, of_each, strict=True):
        if not len(rows):
            raise InvalidInputError((field,), f"there is no {field} {name!r}")
    return _among(catalogue, np.concatenate(of_each))


def _among(catalogue: Catalogue, rows: Rows) -> BoolMovies:
    among = np.zeros(len(catalogue), np.bool_)
    among[rows] = True
    return among
