"""Write small datasets to disk, in the formats of GroupLens and TMDB, for tests to read or to damage."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

ITEM_FIELDS = 24


def write_csv(file: Path, rows: Iterable[Sequence[object]]) -> None:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    file.write_text(text.getvalue(), encoding="utf-8", newline="")


def own_csv(
    folder: Path,
    ratings: str = "1,10,4.0,100\n",
    movies: str = "10,Ten (1995),Drama\n20,Twenty (1996),Comedy|Children's\n30,Thirty,(no genres listed)\n",
) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "ratings.csv").write_bytes(b"userId,movieId,rating,timestamp\n" + ratings.encode())
    (folder / "movies.csv").write_bytes(b"movieId,title,genres\n" + movies.encode())
    return folder


def item_line(movie_id: int, title: str, *flags: int) -> str:
    """Return a line of u.item, with 1 in those of the 19 genre columns that `flags` gives."""
    columns = ["1" if at in flags else "0" for at in range(19)]
    return "|".join([str(movie_id), title, "01-Jan-1995", "", "http://example.org/", *columns]) + "\n"


def ml_100k(folder: Path, data: str = "7\t1\t5\t881250949\n") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "u.data").write_text(data)
    items = item_line(1, "Toy Story (1995)", 3, 4, 5) + item_line(2, "unknown", 0) + item_line(3, "Léon (1994)", 1)
    (folder / "u.item").write_bytes(items.encode("latin-1"))
    return folder


TMDB_COLUMNS = (
    "id",
    "title",
    "original_title",
    "release_date",
    "overview",
    "genres",
    "keywords",
    "production_countries",
    "production_companies",
    "vote_average",
    "vote_count",
)


def name_list(*names: str) -> str:
    return json.dumps([{"id": at, "name": name} for at, name in enumerate(names)])


def tmdb_row(tmdb_id: int, title: str, date: str = "1995-05-01", **columns: object) -> dict[str, object]:
    row: dict[str, object] = {
        "id": tmdb_id,
        "title": title,
        "original_title": title,
        "release_date": date,
        "overview": "",
        "genres": "[]",
        "keywords": "[]",
        "production_countries": "[]",
        "production_companies": "[]",
        "vote_average": 7.5,
        "vote_count": 10,
    }
    return row | columns


def tmdb(
    folder: Path,
    movies: Sequence[dict[str, object]],
    credit_rows: Sequence[Sequence[object]] = (),
    credit_header: Sequence[str] = ("movie_id", "title", "cast", "crew"),
) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    columns = list(movies[0]) if movies else TMDB_COLUMNS
    rows = [[movie[column] for column in columns] for movie in movies]
    write_csv(folder / "tmdb_5000_movies.csv", [columns, *rows])
    write_csv(folder / "tmdb_5000_credits.csv", [credit_header, *credit_rows])
    return folder
