"""MovieLens titles into natural ones, and any title into the form that is compared."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

# The articles that MovieLens moves behind a comma. It capitalises them, unlike other words.
# fmt: off
_MOVED_ARTICLES = frozenset({
    "The", "A", "An", "Da", "La", "Le", "Les", "L'", "El", "Los", "Las", "Un", "Une", "Una", "Uno", "Unos",
    "Unas", "Il", "Lo", "Gli", "I", "Der", "Die", "Das", "Dem", "Den", "Ein", "Eine", "O", "Os", "As", "Um",
    "Uma", "Det", "De", "Het", "Een", "En", "Ett", "Et",
})
# Only articles that are no other word in English: "Die Hard", "I, Robot" and "Den of Thieves" keep theirs.
_DROPPED_ARTICLES = frozenset({
    "the", "a", "an", "la", "le", "les", "el", "los", "las", "il", "gli", "der", "das", "un", "une", "una",
})
# fmt: on

_YEAR = re.compile(r"\s*\((?P<year>(?:18|19|20)\d\d)\s*(?:[-–—]\s*(?:\d{4})?\s*)?\)\s*(?:\((?:V|TV|VG|mini)\)\s*)*$")
_MEDIUM = re.compile(r"\s+\((?:V|TV|VG|mini)\)\s*$")
_MOVED = re.compile(r"^(?P<rest>.*\S)\s*,\s*(?P<article>[^\s,]+)$", re.DOTALL)
_ALIAS = re.compile(r"^(?:a\.\s?k\.\s?a\.?|aka|A\.K\.A\.?)\s*:?\s+")
# "Human Centipede, The (First Sequence)": says which part or cut it is, and is no name of its own.
_QUALIFIER = re.compile(
    r"^(?:part|volume|vol\.|chapter|season|episode)\b|^\d{4}$|\b(?:sequence|cut|version|edition)$|^(?:3-?D|EPIX|HBO|IMAX)$",
    re.IGNORECASE,
)
# "Birdman: Or (The Unexpected Virtue of Ignorance)": what is before is unfinished; the bracket belongs.
_UNFINISHED = re.compile(r"(?:[:;&/]|\bor)$", re.IGNORECASE)
_ELIDED = re.compile(r"^L['’]\s+")

_APOSTROPHE_ARTICLE = re.compile(r"^[\W_]*l['’´`]\s*")
_FRACTIONS = str.maketrans({c: f" {unicodedata.normalize('NFKD', c)} " for c in "¼½¾⅓⅔⅛⅜⅝⅞"})
# Letters that Unicode does not take apart into a base letter and an accent.
_LETTERS = str.maketrans(
    {"ø": "o", "đ": "d", "ð": "d", "þ": "th", "ł": "l", "ı": "i", "æ": "ae", "œ": "oe", "&": " and "}
)


@dataclass(frozen=True, slots=True)
class ParsedTitle:
    """A title in natural word order, its year (None when it names none) and what else the movie is called."""

    title: str
    year: int | None = None
    other_titles: tuple[str, ...] = ()


def parse_title(raw: str) -> ParsedTitle:
    """Take a title as MovieLens writes it apart.

    The year is the last bracket; of a range ("2006–2007") it is the first year. Brackets before it are other
    titles, unless they continue the title or say which part or cut it is. Articles go back to the front:
    "Postman, The (Postino, Il) (1994)" is "The Postman", 1994, and also "Il Postino".
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
    """Bring a title into the form that is compared: no capitals, accents, punctuation or leading article.

    "&" reads as "and". Applying it twice changes nothing. A title of punctuation only ("$") becomes empty.
    """
    text = unicodedata.normalize("NFKD", title.translate(_FRACTIONS)).casefold()
    text = unicodedata.normalize("NFKD", text).translate(_LETTERS)
    text = "".join(c for c in text if not unicodedata.combining(c))
    unelided = _APOSTROPHE_ARTICLE.sub("", text)
    words = _words(unelided) or _words(text)
    first = 0
    while first < len(words) - 1 and words[first] in _DROPPED_ARTICLES:
        first += 1
    return " ".join(words[first:])


def _last_bracket(text: str) -> tuple[str, str] | None:
    """Split "a (b (c))" into "a" and "b (c)"; None unless a whole bracket ends it and stands apart."""
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
    """Put a moved article back: "Avventura, L'" is "L'Avventura"."""
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
