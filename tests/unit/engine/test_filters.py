from __future__ import annotations

import numpy as np
import pytest

from recsvc.engine.filters import mask
from recsvc.engine.query import Era, Filters
from recsvc.errors import InvalidInputError
from recsvc.features.catalogue import Catalogue
from recsvc.types import Movie
from tests.contracts.worlds import world_of

MOVIES = (
    Movie(5, "Alien", 1979, ("Sci-Fi", "Horror"), directors=("Ridley Scott",), cast=("Sigourney Weaver",)),
    Movie(7, "Heat", 1995, ("Crime",), directors=("Michael Mann",), cast=("Al Pacino", "Robert De Niro")),
    Movie(11, "Lost", None, ("Horror",)),
    Movie(13, "Fargo", 1996, ("Crime", "Comedy")),
    Movie(17, "Plain", 1996),
)
CATALOGUE = Catalogue.of(MOVIES, world_of(MOVIES, {"1": {5: 4.0}}).interactions)
BORDER = 1995


def passing(filters: Filters, border: int | None = BORDER) -> list[int]:
    allowed = mask(CATALOGUE, border, filters)
    assert (allowed.shape, allowed.dtype) == ((5,), np.dtype(np.bool_))
    return [int(movie_id) for movie_id in CATALOGUE.vocabulary.ids[allowed]]


def test_without_filters_all_pass() -> None:
    assert passing(Filters()) == [5, 7, 11, 13, 17]


def test_the_mask_is_a_fresh_array() -> None:
    mask(CATALOGUE, BORDER, Filters())[:] = False
    mask(CATALOGUE, BORDER, Filters(genres=("Crime",)))[:] = False
    assert passing(Filters()) == [5, 7, 11, 13, 17]
    assert passing(Filters(genres=("Crime",))) == [7, 13]


@pytest.mark.parametrize(
    ("genres", "expected"),
    [
        (("Horror",), [5, 11]),
        (("Horror", "Crime"), [5, 7, 11, 13]),
        (("sci-fi",), [5]),
        (("CRIME", "comedy", "crime"), [7, 13]),
    ],
)
def test_any_of_the_genres_in_any_case(genres: tuple[str, ...], expected: list[int]) -> None:
    assert passing(Filters(genres=genres)) == expected


@pytest.mark.parametrize("genres", [("Western",), ("Crime", "Western"), ("",), ("Sci",)])
def test_an_unknown_genre_is_named_with_those_there_are(genres: tuple[str, ...]) -> None:
    with pytest.raises(InvalidInputError, match=f"'{genres[-1]}'.*Comedy, Crime, Horror, Sci-Fi") as caught:
        passing(Filters(genres=genres))
    assert caught.value.field == ("genre",)


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (1995, None, [7, 13, 17]),
        (1996, None, [13, 17]),
        (None, 1995, [5, 7]),
        (None, 1994, [5]),
        (1979, 1979, [5]),
        (1980, 1994, []),
        (None, 3000, [5, 7, 13, 17]),
        (1, None, [5, 7, 13, 17]),
        (0, 0, []),
        (None, 0, []),
        (100_000, None, []),
        (None, 100_000, [5, 7, 13, 17]),
    ],
)
def test_years_are_inclusive_and_an_unknown_year_passes_none(
    first: int | None, last: int | None, expected: list[int]
) -> None:
    assert passing(Filters(year_from=first, year_to=last)) == expected


def test_years_the_wrong_way_round_are_named() -> None:
    with pytest.raises(InvalidInputError, match="must not be before year_from, which is 1996") as caught:
        Filters(year_from=1996, year_to=1995)
    assert caught.value.field == ("year_to",)


def test_the_border_year_is_new_and_an_unknown_year_is_neither() -> None:
    assert passing(Filters(era=Era.OLD)) == [5]
    assert passing(Filters(era=Era.NEW)) == [7, 13, 17]
    assert passing(Filters(era=Era.OLD), border=1996) == [5, 7]
    assert passing(Filters(era=Era.NEW), border=1996) == [13, 17]
    assert passing(Filters(era=Era.NEWEST), border=1979) == [13, 17]


def test_a_catalogue_without_years_has_no_eras() -> None:
    movies = (Movie(1, "x"), Movie(2, "x"))
    catalogue = Catalogue.of(movies, world_of(movies, {"1": {1: 4.0}}).interactions)
    assert catalogue.median_year is None
    for era in (Era.OLD, Era.NEW, Era.NEWEST):
        assert not mask(catalogue, catalogue.median_year, Filters(era=era)).any()
    assert mask(catalogue, catalogue.median_year, Filters()).all()


def test_excluded_movies_do_not_pass_and_unknown_ones_change_nothing() -> None:
    assert passing(Filters(exclude=(7, 999, 7, 17))) == [5, 11, 13]
    assert passing(Filters(exclude=(999,))) == [5, 7, 11, 13, 17]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(directors=("michael mann",)), [7]),
        (Filters(directors=("Ridley Scott", "Michael Mann")), [5, 7]),
        (Filters(actors=("Robert De Niro",)), [7]),
        (Filters(directors=("Ridley Scott",), actors=("Al Pacino",)), []),
    ],
)
def test_by_any_of_the_directors_and_with_any_of_the_actors(filters: Filters, expected: list[int]) -> None:
    assert passing(filters) == expected


@pytest.mark.parametrize(
    ("filters", "field", "name"),
    [
        (Filters(directors=("Michael Mann", "Al Pacino")), "director", "Al Pacino"),
        (Filters(actors=("Michael Mann",)), "actor", "Michael Mann"),
        (Filters(actors=("",)), "actor", ""),
    ],
)
def test_an_unknown_name_is_said(filters: Filters, field: str, name: str) -> None:
    with pytest.raises(InvalidInputError, match=f"there is no {field} '{name}'") as caught:
        passing(filters)
    assert caught.value.field == (field,)


def test_only_some_movies_of_which_unknown_ones_are_none() -> None:
    assert passing(Filters(only=(7, 999, 7, 17))) == [7, 17]
    assert passing(Filters(only=(999,))) == []
    assert passing(Filters(only=(7, 13), exclude=(7,))) == [13]


def test_filters_hold_together() -> None:
    assert passing(Filters(genres=("Crime", "Horror"), year_from=1990, era=Era.NEW, exclude=(13,))) == [7]
