"""Parse MovieLens titles into natural ones, and normalise titles for comparison."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

# The articles that MovieLens moves to the end, behind a comma. It capitalises them, unlike other words there.
# fmt: off
_MOVED_ARTICLES = frozenset({
    "The", "A", "An", "Da", "La", "Le", "Les", "L'", "El", "Los", "Las", "Un", "Une", "Una", "Uno", "Unos",
    "Unas", "Il", "Lo", "Gli", "I", "Der", "Die", "Das", "Dem", "Den", "Ein", "Eine", "O", "Os", "As", "Um",
    "Uma", "Det", "De", "Het", "Een", "En", "Ett", "Et",
})
# Only articles that are not also English words, so "Die Hard", "I, Robot" and "Den of Thieves" keep their first word.
DROPPED_ARTICLES = frozenset({
    "the", "a", "an", "la", "le", "les", "el", "los", "las", "il", "gli", "der", "das", "un", "une", "una",
})
# fmt: on

_YEAR = re.compile(r"\s*\((?P<year>(?:18|19|20)\d\d)\s*(?:[-–—]\s*(?:\d{4})?\s*)?\)\s*(?:\((?:V|TV|VG|mini)\)\s*)*$")
_MEDIUM = re.compile(r"\s+\((?:V|TV|VG|mini)\)\s*$")
_MOVED = re.compile(r"^(?P<rest>.*\S)\s*,\s*(?P<article>[^\s,]+)$", re.DOTALL)
_ALIAS = re.compile(r"^(?:a\.\s?k\.\s?a\.?|aka|A\.K\.A\.?)\s*:?\s+")
# "Human Centipede, The (First Sequence)": the bracket names a part or a cut of the movie and is not another title.
_QUALIFIER = re.compile(
    r"^(?:part|volume|vol\.|chapter|season|episode)\b|^\d{4}$|\b(?:sequence|cut|version|edition)$|^(?:3-?D|EPIX|HBO|IMAX)$",
    re.IGNORECASE,
)
# "Birdman: Or (The Unexpected Virtue of Ignorance)": the text before is incomplete, so the bracket is a part of it.
_UNFINISHED = re.compile(r"(?:[:;&/]|\bor)$", re.IGNORECASE)
_ELIDED = re.compile(r"^L['’]\s+")

_APOSTROPHE_ARTICLE = re.compile(r"^[\W_]*l['’´`]\s*")
_FRACTIONS = str.maketrans({c: f" {unicodedata.normalize('NFKD', c)} " for c in "¼½¾⅓⅔⅛⅜⅝⅞"})
# Letters that Unicode does not decompose into a base letter and an accent.
_LETTERS = str.maketrans(
    {"ø": "o", "đ": "d", "ð": "d", "þ": "th", "ł": "l", "ı": "i", "æ": "ae", "œ": "oe", "&": " and "}
)


@dataclass(frozen=True, slots=True)
class ParsedTitle:
    """A title in natural word order, its year (None if it contains none) and the other titles of the movie."""

    title: str
    year: int | None = None
    other_titles: tuple[str, ...] = ()


def parse_title(raw: str) -> ParsedTitle:
    """Parse a title in the form of MovieLens.

    The year is the last bracket; of a range ("2006–2007") it is the first year. Brackets before the year are other
    titles, unless they continue the title or name a part or a cut of the movie. Articles are moved back to the front:
    "Postman, The (Postino, Il) (1994)" has the title "The Postman", the year 1994 and the other title "Il Postino".
    """
    text = " ".join(raw.split())
    year = None
    if (found := _YEAR.search(text)) and found.start() > 0:
        year, text = int(found["year"]), text[: found.start()].rstrip()
    elif (medium := _MEDIUM.search(text)) is not None:
        text = text[: medium.start()].rstrip()

    others: list[str] = []
    while (split := _last_bracket(text)) is not None:
        before, inside = split
        if inside and (_QUALIFIER.search(inside) or _UNFINISHED.search(before)):
            return ParsedTitle(_with_qualifier(before, inside), year, _distinct(others, text))
        if inside:
            others.insert(0, _natural(_ALIAS.sub("", inside)))
        text = before
    title = _natural(text)
    return ParsedTitle(title, year, _distinct(others, title))


def normalise(title: str) -> str:
    """Normalise a title for comparison: without capitals, accents, punctuation and leading articles.

    "&" becomes "and". Normalising a second time changes nothing. A title of punctuation only ("$") becomes empty.
    """
    text = unicodedata.normalize("NFKD", title.translate(_FRACTIONS)).casefold()
    text = unicodedata.normalize("NFKD", text).translate(_LETTERS)
    text = "".join(c for c in text if not unicodedata.combining(c))
    unelided = _APOSTROPHE_ARTICLE.sub("", text)
    words = _words(unelided) or _words(text)
    first = 0
    while first < len(words) - 1 and words[first] in DROPPED_ARTICLES:
        first += 1
    return " ".join(words[first:])


def _last_bracket(text: str) -> tuple[str, str] | None:
    """Split "a (b (c))" into "a" and "b (c)"; None unless the text ends with a complete bracket of its own."""
    if not text.endswith(")"):
        return None
    depth = 0
    for at in range(len(text) - 1, 0, -1):
        depth += (text[at] == ")") - (text[at] == "(")
        if depth == 0:
            before = text[:at].rstrip()
            apart = text[at - 1] in " )"  # "Frontière(s)" is one word
            return (before, text[at + 1 : -1].strip()) if before and apart else None
    return None


def _natural(text: str) -> str:
    """Move an article back to the front: "Avventura, L'" becomes "L'Avventura"."""
    moved = _MOVED.match(text)
    if moved and moved["article"].replace("’", "'") in _MOVED_ARTICLES:
        space = "" if moved["article"].endswith(("'", "’")) else " "
        return f"{moved['article']}{space}{moved['rest']}"
    return _ELIDED.sub("L'", text)


def _with_qualifier(before: str, inside: str) -> str:
    return f"{_natural(before)} ({inside})"


def _distinct(names: list[str], title: str) -> tuple[str, ...]:
    return tuple(name for name in dict.fromkeys(names) if name and name != title)


def _words(text: str) -> list[str]:
    return "".join(c if c.isalnum() else " " for c in text).split()
