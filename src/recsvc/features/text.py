"""The tags of a movie (the words and names in its fields) and their matrix: TF-IDF, counts or hashed.

Words of the overview and keywords are stemmed (Snowball, English). Names, genres and whole keywords are not split, and
have the field in front, so that movies with the director John Ford and the actor John Ford have no tag in common.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Literal, TypeAlias

import numpy as np
import snowballstemmer
from scipy import sparse
from scipy.sparse.linalg import norm

from recsvc.features.embedding_matrix import embedding_matrix
from recsvc.types import Movie

Vectoriser = Literal["tfidf", "counts", "hashing"]
TagMatrix: TypeAlias = "sparse.csr_array[np.float32, tuple[int, int]]"
"""float32 (n_movies, n_tags), sparse."""
Columns: TypeAlias = Mapping[str, tuple[int, int]]
"""The first column of a field, and the one after its last."""

_WORD = re.compile(r"[a-z0-9]+")
_PLURAL = re.compile(r"(?<=[a-z]{2}[^us])s$")
_DASHES = dict.fromkeys(range(0x2010, 0x2016), " ")
_SUBTITLE = re.compile(r":\s+|\s+[-\u2010-\u2015]\s+")
_NUMBER = re.compile(
    r"(?: (?:part|vol|volume|chapter|episode))?"
    r" (?:\d+|[ivx]+|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen)$"
)
_SUPERSCRIPTS = {ord("\u00b2"): " 2", ord("\u00b3"): " 3"}
_STEMMER = snowballstemmer.stemmer("english")
HASH_BUCKETS = 2**18
YEARS_A_SPAN = 5
SPANS_AROUND = 6


def words(text: str) -> list[str]:
    """Return the stemmed `plain_words` of a text."""
    return [_stem(word) for word in plain_words(text)]


def plain_words(text: str) -> list[str]:
    """Split a text into lower-case words without accents. A single letter is not a word; a single digit is."""
    plain = (
        unicodedata.normalize("NFKD", text.replace("'", "").translate(_DASHES))
        .encode("ascii", "ignore")
        .decode()
        .lower()
    )
    return [word for word in _WORD.findall(plain) if len(word) > 1 or word.isdigit()]


@lru_cache(maxsize=200_000)
def _stem(word: str) -> str:
    return str(_STEMMER.stemWord(word))


def text_tags(movie: Movie) -> Iterator[str]:
    """Yield the stemmed words of overview, keywords and tags, and each whole keyword and tag."""
    yield from words(movie.overview)
    for keyword in (*movie.keywords, *movie.tags):
        yield f"keyword:{keyword.casefold()}"
        yield from words(keyword)


def genre_tags(movie: Movie) -> Iterator[str]:
    """Yield the genres."""
    yield from (f"genre:{genre}" for genre in movie.genres)


def credit_tags(movie: Movie) -> Iterator[str]:
    """Yield the directors and the cast, marked as such."""
    yield from (f"director:{name}" for name in movie.directors)
    yield from (f"cast:{name}" for name in movie.cast)


def title_tags(movie: Movie) -> Iterator[str]:
    """Yield what the parts of a series share: TMDB's collection, the title, and what is before a colon or dash in it.

    Titles are without a numeral at the end, "Part" before it, and a plural s. Alien, Aliens, Alien 3 and Alien:
    Covenant share a tag. Titles that have only a word in common do not: Heat and Body Heat, Alien and Alien Nation.
    """
    if movie.collection is not None:
        yield f"collection:{movie.collection.casefold()}"
    title = movie.title.translate(_SUPERSCRIPTS)
    yield from dict.fromkeys(f"series:{name}" for name in map(_series, (title, _SUBTITLE.split(title)[0])) if name)


@lru_cache(maxsize=200_000)
def _series(title: str) -> str:
    """Return a title without its number in a series; the number alone is a title, too (300)."""
    plain = " ".join(plain_words(title))
    return " ".join(_PLURAL.sub("", word) for word in (_NUMBER.sub("", plain) or plain).split())


def year_tags(movie: Movie) -> Iterator[str]:
    """Yield the spans of five years around the release; the further apart two movies are, the fewer they share."""
    if movie.year:
        middle = movie.year // YEARS_A_SPAN
        yield from (f"span:{span}" for span in range(middle - SPANS_AROUND, middle + SPANS_AROUND + 1))


FIELDS: Mapping[str, Callable[[Movie], Iterator[str]]] = {
    "text": text_tags,
    "genres": genre_tags,
    "credits": credit_tags,
    "title": title_tags,
    "years": year_tags,
}
EMBEDDING = "embedding"
"""The field that is no tags: the embeddings of the movies, if they have any."""
ABOUT = ("text", "genres")
"""The fields that together describe the subject of a movie; if one is empty, the other gets more weight."""


def tag_matrix(
    movies: Sequence[Movie], *, weights: Mapping[str, float], vectoriser: Vectoriser, min_movies: int
) -> tuple[TagMatrix, Columns]:
    """Return the matrix of the tags of all fields, float32 (n_movies, n_tags); each field is a block of columns.

    In each row, a block has the length 1 (0 if the movie has no tag in that field) times the square root of its weight,
    so the product of two rows is the weighted sum of the cosines of their fields. `min_movies` drops tags of fewer
    movies (not with hashing). If a movie lacks a field of `ABOUT`, the other fields of `ABOUT` compensate for a part of
    it: their joint length is the geometric mean of what it is and of what it would be if none were missing.
    """

    def block(field: str) -> TagMatrix:
        if field == EMBEDDING:
            return sparse.csr_array(embedding_matrix(movies))
        return _field_matrix(movies, FIELDS[field], vectoriser, min_movies)

    blocks = {field: block(field) * np.float32(np.sqrt(weight)) for field, weight in weights.items() if weight}
    about = [field for field in ABOUT if field in blocks]
    if about:
        full_length = np.sqrt(sum(weights[field] for field in about))
        blocks |= zip(about, _compensated([blocks[field] for field in about], full_length), strict=True)
    rows: TagMatrix = sparse.csr_array(sparse.hstack(list(blocks.values()), format="csr")).astype(np.float32)
    rows.sort_indices()
    ends = np.cumsum([block.shape[1] for block in blocks.values()]).tolist()
    return rows, dict(zip(blocks, zip([0, *ends], ends, strict=False), strict=True))


def _compensated(fields: Sequence[TagMatrix], full_length: float) -> list[TagMatrix]:
    """Return the blocks with each row scaled, so that all together have the geometric mean of both lengths."""
    lengths = norm(sparse.csr_array(sparse.hstack(fields, format="csr")), axis=1)
    factors = np.sqrt(np.divide(full_length, lengths, where=lengths > 0, out=np.zeros_like(lengths)))
    return [sparse.csr_array(sparse.diags_array(factors) @ field).astype(np.float32) for field in fields]


def _field_matrix(
    movies: Sequence[Movie], tags: Callable[[Movie], Iterator[str]], vectoriser: Vectoriser, min_movies: int
) -> TagMatrix:
    """Return the tags of one field in rows of length 1, all 0 for a movie without tags: float32 (n_movies, n_tags).

    TF is logarithmic, 1 + ln(count); IDF is smoothed, ln((1 + n) / (1 + df)) + 1. Sources: Salton & Buckley 1988 for
    the weights; Weinberger et al. 2009 for hashing.
    """
    from sklearn.feature_extraction import FeatureHasher
    from sklearn.feature_extraction.text import TfidfTransformer
    from sklearn.preprocessing import normalize

    bags = [Counter(tags(movie)) for movie in movies]
    if vectoriser == "hashing":
        counts: TagMatrix = sparse.csr_array(FeatureHasher(HASH_BUCKETS).fit_transform(bags), dtype=np.float32)
    else:
        counts = _counted(bags)
        document_counts = np.bincount(counts.indices, minlength=counts.shape[1])
        counts = sparse.csr_array(counts[:, np.flatnonzero(document_counts >= min_movies)])
        if not counts.shape[1]:
            return counts
    matrix = TfidfTransformer(sublinear_tf=True).fit_transform(counts) if vectoriser == "tfidf" else normalize(counts)
    return sparse.csr_array(matrix, dtype=np.float32)


def _counted(bags: Sequence[Counter[str]]) -> TagMatrix:
    """Return how often each movie has each tag, (n_movies, n_tags); the columns are the tags in their order."""
    columns = {tag: column for column, tag in enumerate(sorted(set().union(*bags)))}
    counts = np.array([count for bag in bags for count in bag.values()], np.float32)
    places = np.array([columns[tag] for bag in bags for tag in bag], np.int32)
    starts = np.cumsum([0, *map(len, bags)])
    return sparse.csr_array((counts, places, starts), shape=(len(bags), len(columns)))
