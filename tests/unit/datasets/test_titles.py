from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsvc.datasets.titles import ParsedTitle, normalise, parse_title


@pytest.mark.parametrize(
    ("raw", "title", "year", "others"),
    [
        ("Shawshank Redemption, The (1994)", "The Shawshank Redemption", 1994, ()),
        (
            "Cité des enfants perdus, La (City of Lost Children, The) (1995)",
            "La Cité des enfants perdus",
            1995,
            ("The City of Lost Children",),
        ),
        ("Seven (a.k.a. Se7en) (1995)", "Seven", 1995, ("Se7en",)),
        (
            "Asterix in America (a.k.a Conquers) (Astérix) (1994)",
            "Asterix in America",
            1994,
            ("Conquers", "Astérix"),
        ),
        (
            "European Vacation (aka National Lampoon's) (1985)",
            "European Vacation",
            1985,
            ("National Lampoon's",),
        ),
        ("Avventura, L' (Adventure, The) (1960)", "L'Avventura", 1960, ("The Adventure",)),
        ("Besieged (a.k.a. L' Assedio) (1998)", "Besieged", 1998, ("L'Assedio",)),
        ("Vitelloni, I (1953)", "I Vitelloni", 1953, ()),
        ("Good, the Bad and the Ugly, The (1966)", "The Good, the Bad and the Ugly", 1966, ()),
        ("Convent, The (Convento, O) (1995)", "The Convent", 1995, ("O Convento",)),
        (
            "Green Butchers, The (Grønne slagtere, De) (2003)",
            "The Green Butchers",
            2003,
            ("De Grønne slagtere",),
        ),
        ("Trou, Le (Hole, The) (Night Watch, The) (1960)", "Le Trou", 1960, ("The Hole", "The Night Watch")),
        ("Babylon 5", "Babylon 5", None, ()),
        ("unknown", "unknown", None, ()),
        ("Two Friends (1986) ", "Two Friends", 1986, ()),
        ("Blind Side, The  (2009)", "The Blind Side", 2009, ()),
        ("Ray Bradbury Theater (1985-1992)", "Ray Bradbury Theater", 1985, ()),
        ("Death Note: Desu nôto (2006–2007)", "Death Note: Desu nôto", 2006, ()),
        ("Fargo (2014– )", "Fargo", 2014, ()),
        ("The Great Giving (1995) (V)", "The Great Giving", 1995, ()),
        ("(500) Days of Summer (2009)", "(500) Days of Summer", 2009, ()),
        ("Frontière(s) (2007)", "Frontière(s)", 2007, ()),
        ("You Can (Not) Advance (Ha) (2009)", "You Can (Not) Advance", 2009, ("Ha",)),
        (
            "Birdman: Or (The Unexpected Virtue of Ignorance) (2014)",
            "Birdman: Or (The Unexpected Virtue of Ignorance)",
            2014,
            (),
        ),
        ("Human Centipede, The (First Sequence) (2009)", "The Human Centipede (First Sequence)", 2009, ()),
        ("I Love You, Man (2009)", "I Love You, Man", 2009, ()),
        ("Me, Myself and I, too (2009)", "Me, Myself and I, too", 2009, ()),
        ("1984 (Nineteen Eighty-Four) (1984)", "1984", 1984, ("Nineteen Eighty-Four",)),
        ("2001: A Space Odyssey (1968)", "2001: A Space Odyssey", 1968, ()),
        ("187 (1999)", "187", 1999, ()),
        ("(1995)", "(1995)", None, ()),
        ("Same (Same) (1990)", "Same", 1990, ()),
        ("Twice (Once) (Once) (1990)", "Twice", 1990, ("Once",)),
        ("Unbalanced) (1990)", "Unbalanced)", 1990, ()),
        ("Nested (One (Two)) (1990)", "Nested", 1990, ("One (Two)",)),
    ],
)
def test_title(raw: str, title: str, year: int | None, others: tuple[str, ...]) -> None:
    assert parse_title(raw) == ParsedTitle(title, year, others)


@given(st.text(max_size=60))
@settings(deadline=None)
def test_any_text_can_be_parsed_as_a_title(raw: str) -> None:
    parsed = parse_title(raw)
    assert bool(parsed.title) == bool(raw.split())
    assert parsed.title not in parsed.other_titles
    assert all(parsed.other_titles)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Amélie", "amelie"),
        ("Dumb & Dumber", "Dumb and Dumber"),
        ("The Matrix", "Matrix"),
        ("L'Avventura", "avventura"),
        ("L’Avventura", "l'avventura"),
        ("WALL·E", "wall-e"),
        ("8½", "8 1/2"),
        ("Smørrebrød", "Smorrebrod"),
        ("Straße", "STRASSE"),
        ("Æon Flux", "Aeon Flux"),
        ("  Spaces   between ", "spaces between"),
    ],
)
def test_titles_that_are_equal_after_normalisation(first: str, second: str) -> None:
    assert normalise(first) == normalise(second) != ""


@pytest.mark.parametrize(
    ("title", "kept"),
    [
        ("Die Hard", "die hard"),
        ("I, Robot", "i robot"),
        ("The The", "the"),
        ("L.A. Story", "l a story"),
        ("M", "m"),
    ],
)
def test_a_word_that_is_not_an_article_is_kept(title: str, kept: str) -> None:
    assert normalise(title) == kept


@given(st.text(max_size=40))
@settings(deadline=None, max_examples=300)
def test_normalising_twice_changes_nothing(title: str) -> None:
    once = normalise(title)
    assert normalise(once) == once
    assert once == " ".join(once.split())
