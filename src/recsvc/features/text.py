"""The "tags" of a movie (its words and names, field by field) and their matrix: TF-IDF, counts, or hashed.

Words of the overview and keywords are stemmed (Snowball, English). Names, genres and whole keywords stay in one
piece with the field before them, so that the director John Ford is not the actor Harrison Ford.
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

from recsvc.types import Movie

Vectoriser = Literal["tfidf", "counts", "hashing"]
TagMatrix: TypeAlias = "sparse.csr_array[np.float32, tuple[int, int]]"
"""float32 (n_movies, n_tags), sparse."""

_WORD = re.compile(r"[a-z0-9]+")
_PLURAL = re.compile(r"(?<=[a-z]{2}[^us])s$")
_DASHES = dict.fromkeys(range(0x2010, 0x2016), " ")
_STEMMER = snowballstemmer.stemmer("english")
HASH_BUCKETS = 2**18
YEARS_A_SPAN = 5
SPANS_AROUND = 6


def words(text: str) -> list[str]:
    """The stemmed `plain_words` of a text."""
    return [_stem(word) for word in plain_words(text)]


def plain_words(text: str) -> list[str]:
    """Split a text into lower-case words without accents; one letter alone is no word, a number is."""
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
    """What is written of the movie: the stemmed words of overview, keywords and tags; whole keywords."""
    yield from words(movie.overview)
    for keyword in (*movie.keywords, *movie.tags):
        yield f"keyword:{keyword.casefold()}"
        yield from words(keyword)


def genre_tags(movie: Movie) -> Iterator[str]:
    """The genres."""
    yield from (f"genre:{genre}" for genre in movie.genres)


def credit_tags(movie: Movie) -> Iterator[str]:
    """Who made it: directors and cast, apart."""
    yield from (f"director:{name}" for name in movie.directors)
    yield from (f"cast:{name}" for name in movie.cast)


def title_tags(movie: Movie) -> Iterator[str]:
    """The words of the title without the s of a plural: Alien and Aliens share one, Titanic and Titan A.E. do not."""
    yield from (_PLURAL.sub("", word) for word in plain_words(movie.title))


def year_tags(movie: Movie) -> Iterator[str]:
    """Spans of five years around the release, so that two movies share the fewer the further they are apart."""
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
ABOUT = ("text", "genres")
"""The fields that say together what a movie is about; where a movie lacks one, the other says the more."""


def tag_matrix(
    movies: Sequence[Movie], *, weights: Mapping[str, float], vectoriser: Vectoriser, min_movies: int
) -> TagMatrix:
    """Return the tags of all fields side by side: float32 (n_movies, n_tags).

    Each field has length 1, or 0 where a movie has nothing in it, times the root of its weight: the product of two rows
    is the weighted sum of the cosines of their fields. `min_movies` drops tags of fewer movies (not when hashing). In a
    movie that lacks a field of `ABOUT`, the others make up for a part of it: the length of them all is the geometric
    mean of what it is and of what it would be if none were missing.
    """
    blocks = {
        field: _field_matrix(movies, FIELDS[field], vectoriser, min_movies) * np.float32(np.sqrt(weight))
        for field, weight in weights.items()
        if weight
    }
    about = [field for field in ABOUT if field in blocks]
    if about:
        whole = np.sqrt(sum(weights[field] for field in about))
        blocks["about"] = _made_up([blocks.pop(field) for field in about], whole)
    rows: TagMatrix = sparse.csr_array(sparse.hstack(list(blocks.values()), format="csr")).astype(np.float32)
    rows.sort_indices()
    return rows


def _made_up(fields: Sequence[TagMatrix], whole: float) -> TagMatrix:
    """The fields side by side, each row lengthened to the geometric mean of its length and `whole`."""
    together = sparse.csr_array(sparse.hstack(fields, format="csr"))
    lengths = norm(together, axis=1)
    factors = np.sqrt(np.divide(whole, lengths, where=lengths > 0, out=np.zeros_like(lengths)))
    rows: TagMatrix = sparse.csr_array(sparse.diags_array(factors) @ together).astype(np.float32)
    return rows


def _field_matrix(
    movies: Sequence[Movie], tags: Callable[[Movie], Iterator[str]], vectoriser: Vectoriser, min_movies: int
) -> TagMatrix:
    """The tags of one field as rows of length 1 (all 0 for a movie without any): float32 (n_movies, n_tags).

    TF is logarithmic, 1 + ln(count); IDF is smoothed, ln((1 + n) / (1 + df)) + 1. Sources: Salton & Buckley 1988 for
    the weights; Weinberger et al. 2009 for hashing.
    """
    from sklearn.feature_extraction import DictVectorizer, FeatureHasher
    from sklearn.feature_extraction.text import TfidfTransformer
    from sklearn.preprocessing import normalize

    bags = [Counter(tags(movie)) for movie in movies]
    maker = FeatureHasher(HASH_BUCKETS) if vectoriser == "hashing" else DictVectorizer(dtype=np.float32)
    counts = sparse.csr_array(maker.fit_transform(bags), dtype=np.float32)
    if vectoriser != "hashing":
        document_counts = np.bincount(counts.indices, minlength=counts.shape[1])
        counts = sparse.csr_array(counts[:, np.flatnonzero(document_counts >= min_movies)])
        if not counts.shape[1]:
            return counts
    matrix = TfidfTransformer(sublinear_tf=True).fit_transform(counts) if vectoriser == "tfidf" else normalize(counts)
    return sparse.csr_array(matrix, dtype=np.float32)
