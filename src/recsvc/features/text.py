"""The "tags" of a film (its words and names as one bag) and their matrix: TF-IDF, counts, or hashed.

Words of the title, overview and keywords are stemmed (Snowball, English). Names, genres and whole keywords stay in one
piece with the field before them, so that the director John Ford is not the actor Harrison Ford.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Literal, TypeAlias

import numpy as np
import snowballstemmer
from scipy import sparse

from recsvc.features.metadata import decade
from recsvc.types import Movie

Vectoriser = Literal["tfidf", "counts", "hashing"]
TagMatrix: TypeAlias = "sparse.csr_array[np.float32, tuple[int, int]]"
"""float32 (n_movies, n_tags), sparse."""

_WORD = re.compile(r"[a-z0-9]+")
_DASHES = dict.fromkeys(range(0x2010, 0x2016), " ")
_STEMMER = snowballstemmer.stemmer("english")
HASH_BUCKETS = 2**18


def words(text: str) -> list[str]:
    """Split a text into stemmed lower-case words without accents; one letter alone is no word, a number is."""
    plain = (
        unicodedata.normalize("NFKD", text.replace("'", "").translate(_DASHES))
        .encode("ascii", "ignore")
        .decode()
        .lower()
    )
    return [_stem(word) for word in _WORD.findall(plain) if len(word) > 1 or word.isdigit()]


@lru_cache(maxsize=200_000)
def _stem(word: str) -> str:
    return str(_STEMMER.stemWord(word))


def tags(movie: Movie, *, decades: bool) -> Iterator[str]:
    """All tags of a film, repeats included: stemmed words, and `field:name` for what is not prose."""
    yield from words(movie.title)
    yield from words(movie.overview)
    for keyword in (*movie.keywords, *movie.tags):
        yield f"keyword:{keyword.casefold()}"
        yield from words(keyword)
    yield from (f"genre:{genre}" for genre in movie.genres)
    yield from (f"director:{name}" for name in movie.directors)
    yield from (f"cast:{name}" for name in movie.cast)
    if decades and movie.year:
        yield f"decade:{decade(movie.year)}"


def tag_matrix(movies: Sequence[Movie], *, vectoriser: Vectoriser, min_films: int, decades: bool) -> TagMatrix:
    """Return the tags as rows of length 1 (all 0 for a film without tags): float32 (n_movies, n_tags).

    `min_films` drops tags of fewer films (not when hashing). TF is logarithmic, 1 + ln(count); IDF is smoothed, ln((1 +
    n) / (1 + df)) + 1. Sources: Salton & Buckley 1988 for the weights; Weinberger et al. 2009 for hashing.
    """
    from sklearn.feature_extraction import DictVectorizer, FeatureHasher
    from sklearn.feature_extraction.text import TfidfTransformer
    from sklearn.preprocessing import normalize

    bags = [Counter(tags(movie, decades=decades)) for movie in movies]
    maker = FeatureHasher(HASH_BUCKETS) if vectoriser == "hashing" else DictVectorizer(dtype=np.float32)
    counts = sparse.csr_array(maker.fit_transform(bags), dtype=np.float32)
    if vectoriser != "hashing":
        films = np.bincount(counts.indices, minlength=counts.shape[1])
        counts = sparse.csr_array(counts[:, np.flatnonzero(films >= min_films)])
        if not counts.shape[1]:
            return counts
    matrix = TfidfTransformer(sublinear_tf=True).fit_transform(counts) if vectoriser == "tfidf" else normalize(counts)
    rows: TagMatrix = sparse.csr_array(matrix, dtype=np.float32)
    rows.sort_indices()
    return rows
