"""Measures how long a search among 87,000 titles takes, as many as the largest MovieLens dataset has.

The titles are those of ml-latest-small, and more that are made of their words. The queries are titles with a missing or
wrong letter or with their words in reverse order, beginnings of single words, and texts of the longest length allowed.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from recsvc.datasets.movielens import read_movielens
from recsvc.features.title_index import TitleIndex
from recsvc.types import Movie

TITLES = 87_000
QUERIES = 1_000
LONGEST = 200
REPEATS = 3
"""The best of these counts, so that other processes of the machine do not."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--data-dir", type=Path, default=os.environ.get("RECSVC_DATA_DIR"), required="RECSVC_DATA_DIR" not in os.environ
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    draw = random.Random(42)
    titles = [movie.title for movie in read_movielens(options.data_dir / "ml-latest-small").movies]
    words = [word for title in titles for word in title.split()]
    lengths = [len(title.split()) for title in titles]
    while len(titles) < TITLES:
        titles.append(" ".join(draw.choices(words, k=draw.choice(lengths))))
    index = TitleIndex.of([Movie(number, title) for number, title in enumerate(titles, 1)])
    popularity = np.random.default_rng(42).integers(0, 1_000, len(titles))
    queries = [mistyped(draw.choice(titles), draw) for _ in range(QUERIES)]
    queries += [word[: draw.randint(1, len(word))] for word in draw.sample(words, QUERIES // 5)]
    queries += [" ".join(draw.choices(words, k=LONGEST))[:LONGEST] for _ in range(QUERIES // 20)]
    times = [1000 * min(timed(index, query, popularity) for _ in range(REPEATS)) for query in queries]
    report = {
        "titles": len(titles),
        "queries": len(queries),
        **{name: float(np.quantile(times, share)) for name, share in (("median", 0.5), ("p99", 0.99), ("max", 1.0))},
    }
    text = (
        f"{len(titles):,} titles, {len(queries):,} queries: median {report['median']:.1f} ms, "
        f"99 % within {report['p99']:.1f} ms, all within {report['max']:.1f} ms"
    )
    print(json.dumps(report) if options.json else text)


def timed(index: TitleIndex, query: str, popularity: NDArray[np.int64]) -> float:
    """Return the seconds of one search."""
    began = time.perf_counter()
    index.search(query, popularity)
    return time.perf_counter() - began


def mistyped(title: str, draw: random.Random) -> str:
    """Return the title with a missing or wrong letter, with its words in reverse order, or unchanged."""
    at = draw.randrange(len(title))
    return draw.choice(
        [title, title[:at] + title[at + 1 :], title[:at] + "x" + title[at + 1 :], " ".join(reversed(title.split()))]
    )


if __name__ == "__main__":
    main()
