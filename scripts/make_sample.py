"""Make the SIMULATED ratings of the sample dataset (``ratings.csv.gz``).

The movies in ``movies.jsonl`` are real, but the ratings are not. They are drawn with a fixed seed
from a small generative model, so that the project can be tried and tested offline:

* Taste. The taste of a simulated user has three parts: a sparse mixture of the ARCHETYPES below,
  each of which likes and dislikes some genres, eras, countries and keywords; a few likes and
  dislikes for single directors, keywords, countries and genres; and a position in a space of hidden
  traits, which the metadata do not explain. Their sum, weighted by MIX, is the affinity of the user
  for a movie.
* Quality and fame. A movie has a hidden quality and a fame. The FAMOUS have the most fame, in that
  order; the fame of the others depends on luck, quality, age and origin.
* Selection. The number of movies that a user rates is log-normal (20 to 250, median about 45). The
  movies are drawn without replacement, with the log-weight fame + PULL * affinity.
* Rating. The level of the user, plus the scale of the user times the sum of quality, affinity and
  noise; rounded to half stars from 0.5 to 5.0.
* Time. Users join from 2015 to 2024, increasingly often, and rate in a few sessions. No movie is
  rated before the year of its release.

    python scripts/make_sample.py [--movies movies.jsonl] [--out ratings.csv.gz]
"""

import argparse
import gzip
import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Movie = dict[str, Any]
Rating = tuple[int, int, float, int]  # user, movie, stars, seconds since 1970
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SAMPLE = Path(__file__).resolve().parents[1] / "src" / "recsvc" / "datasets" / "sample"
SEED = 20240607
USERS = 900
MEDIAN, SIGMA, FEWEST, MOST = 45.0, 0.6, 20, 250  # movies per user
MIX = (1.0, 0.3, 0.8)  # weights of archetypes, single likes and hidden traits in an affinity
HIDDEN_TRAITS = 4
PULL = 1.1  # influence of affinity on the selection of movies
LEVEL, BIAS, QUALITY, AFFINITY, NOISE = 2.9, 0.38, 0.36, 0.76, 0.56  # in stars

ARCHETYPES = """
spectacle: Action 1, Sci-Fi 0.8, Adventure 0.7, superhero 1, Romance -0.5, world -0.5
family: Children 1.5, Animation 1, Musical 0.5, Horror -0.8, violence -0.8, Crime -0.5
golden age: classic 2, Film-Noir 1, Western 0.6, 2000s on -0.8, superhero -0.5
world cinema: world 1.5, Drama 0.6, France 0.4, Italy 0.4, Action -0.5, superhero -0.6
new waves: 1960s-70s 1.5, Drama 0.5, surrealism 0.8, dream 0.6, Children -0.7, 2000s on -0.4
crime: Crime 1.3, Thriller 1, Mystery 0.7, gangster 0.6, Children -0.7, Musical -0.6
dark and strange: Horror 1.7, Sci-Fi 0.6, monster 0.6, Thriller 0.4, Musical -0.6, War -0.4
romance: Romance 1.4, Comedy 0.8, Musical 0.8, love story 0.6, War -0.4, Sci-Fi -0.5
far east: Japan 1.5, South Korea 1.3, Hong Kong 1.3, anime 0.8, China 0.8, Western -0.4
true stories: Documentary 1.5, War 1, true story 1.2, journalism 0.7, Fantasy -0.8
galaxies and quests: Fantasy 1, space opera 1.5, quest 1, wizard 1.2, Sci-Fi 0.8, Drama -0.5
recent prizes: 2000s on 1, Drama 0.8, family 0.4, grief 0.6, classic -0.7, Action -0.4
"""

FAMOUS = """
Star Wars|The Matrix|Pulp Fiction|The Shawshank Redemption|Forrest Gump|Jurassic Park
The Silence of the Lambs|The Lord of the Rings: The Fellowship of the Ring|The Dark Knight
Fight Club|The Godfather|Inception|Schindler's List|Toy Story|The Empire Strikes Back|Titanic
The Lion King|Back to the Future|Raiders of the Lost Ark|Terminator 2: Judgment Day|Se7en
The Lord of the Rings: The Return of the King|The Lord of the Rings: The Two Towers|Gladiator
Return of the Jedi|The Sixth Sense|Saving Private Ryan|Finding Nemo|Alien|Interstellar|Memento
Spirited Away|E.T. the Extra-Terrestrial|Shrek|Goodfellas|Avatar|Amélie|Jaws|The Terminator
Blade Runner|Parasite|The Usual Suspects|Up|The Shining|WALL-E|Aladdin|Psycho|The Truman Show
Die Hard|Aliens|Casablanca|Groundhog Day|Eternal Sunshine of the Spotless Mind|Fargo|Léon
2001: A Space Odyssey|Harry Potter and the Philosopher's Stone|One Flew Over the Cuckoo's Nest
Monty Python and the Holy Grail|Indiana Jones and the Last Crusade|Kill Bill: Vol. 1
The Princess Bride|The Incredibles|The Wizard of Oz|Inglourious Basterds|Apocalypse Now
The Godfather Part II
"""


def load_movies(path: Path) -> list[Movie]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]


def traits(movie: Movie) -> set[str]:
    """Return all properties that can be liked; "world" stands for neither American nor British."""
    eras = ((1960, "classic"), (1980, "1960s-70s"), (2000, "1980s-90s"), (9999, "2000s on"))
    era = next(name for before, name in eras if movie["year"] < before)
    found = {era, *movie["genres"], *movie["keywords"], *movie["countries"], *movie["directors"]}
    return found if found & {"United States", "United Kingdom"} else found | {"world"}


def standard(scores: Floats) -> Floats:
    """Standardise every row to mean 0 and standard deviation 1."""
    centred: Floats = scores - scores.mean(axis=1, keepdims=True)
    centred /= centred.std(axis=1, keepdims=True) + 1e-9
    return centred


def affinities(rng: np.random.Generator, movies: list[Movie]) -> Floats:
    """Return the affinities (users, movies); every row has mean 0 and standard deviation 1."""
    tagged = [traits(movie) for movie in movies]
    liking = np.zeros((0, len(movies)))
    for line in ARCHETYPES.strip().splitlines():
        weights = [entry.rsplit(" ", 1) for entry in line.split(": ")[1].split(", ")]
        scores = [sum(float(w) for trait, w in weights if trait in owned) for owned in tagged]
        liking = np.vstack([liking, scores])
    mixture = rng.random((USERS, len(liking))) ** 6
    archetypes = (mixture / mixture.sum(axis=1, keepdims=True)) @ standard(liking)

    counts = Counter(trait for owned in tagged for trait in owned)
    shared = sorted(trait for trait, count in counts.items() if count >= 3)
    has = np.array([[trait in owned for owned in tagged] for trait in shared], dtype=np.float64)
    has /= np.sqrt(has.sum(axis=1, keepdims=True))
    chosen = rng.random((USERS, len(shared))) < 0.08
    personal = (chosen * rng.standard_normal((USERS, len(shared)))) @ has

    position = rng.standard_normal((USERS, HIDDEN_TRAITS))
    hidden = position @ rng.standard_normal((HIDDEN_TRAITS, len(movies)))

    parts = zip(MIX, (archetypes, personal, hidden), strict=True)
    total = sum((share * standard(part) for share, part in parts), np.zeros((USERS, len(movies))))
    return np.round(
        standard(total), 6
    )  # so that the result does not depend on the last bits, which differ between BLAS libraries


def quality_and_fame(rng: np.random.Generator, movies: list[Movie]) -> tuple[Floats, Floats]:
    """Return the hidden quality of the movies (standard deviation about 1), and their fame as a log-weight."""
    famous = FAMOUS.strip().replace("\n", "|").split("|")
    rank = {title: place for place, title in enumerate(famous)}
    quality = np.clip(rng.standard_normal(len(movies)), -1.6, 1.9)
    luck = np.clip(rng.standard_normal(len(movies)), -1.6, 1.9)
    fame = np.zeros(len(movies))
    for i, movie in enumerate(movies):
        if movie["title"] in rank:
            quality[i] = 0.7 + 0.6 * quality[i]
            fame[i] = 3.7 - 0.032 * rank[movie["title"]]
        else:
            age = max(0, 1995 - movie["year"]) / 75
            niche = len(traits(movie) & {"world", "Documentary"})
            fame[i] = 0.9 + 0.35 * luck[i] + 0.25 * quality[i] - 0.8 * age - 0.6 * niche
    return quality, np.maximum(fame, -0.9)


def seconds(year: int) -> int:
    return int(datetime(year, 1, 1, tzinfo=UTC).timestamp())


def times(rng: np.random.Generator, years: Ints) -> Ints:
    """Return when a user rated movies of these years: in a few sessions, and after the release."""
    start, end, n = seconds(2015), seconds(2025), len(years)
    joined = start + (end - start) * (0.03 + 0.94 * rng.random() ** 0.6)
    sessions = joined + (end - joined) * rng.random(1 + n // 15) ** 3
    when = sessions[rng.integers(len(sessions), size=n)] + 60 * rng.integers(90, size=n)
    released = np.array([seconds(int(year)) for year in years]) + 86400 * rng.integers(365, size=n)
    minutes: Ints = np.clip(when, released, end - 60).astype(np.int64) // 60
    return 60 * minutes


def simulate(movies: list[Movie], seed: int = SEED) -> list[Rating]:
    """Return all ratings, ordered by user and then by movie."""
    rng = np.random.default_rng(seed)
    ids = np.array([movie["movie_id"] for movie in movies], dtype=np.int64)
    years = np.array([movie["year"] for movie in movies], dtype=np.int64)
    affinity = affinities(rng, movies)
    quality, fame = quality_and_fame(rng, movies)
    rows: list[Rating] = []
    for user in range(USERS):
        n = int(np.clip(MEDIAN * np.exp(SIGMA * rng.standard_normal()), FEWEST, MOST))
        gumbel = -np.log(-np.log(rng.random(len(movies))))  # the n largest sums are a weighted draw
        weight = np.round(fame + PULL * affinity[user] + gumbel, 6)
        chosen = np.sort(np.argsort(-weight, kind="stable")[:n])
        level, scale = LEVEL + BIAS * rng.standard_normal(), 0.75 + 0.5 * rng.random()
        liking = QUALITY * quality[chosen] + AFFINITY * affinity[user, chosen]
        felt = level + scale * (liking + NOISE * rng.standard_normal(n))
        stars = np.clip(np.round(2 * np.round(felt, 6)) / 2, 0.5, 5.0)
        moments = times(rng, years[chosen])
        for row, star, moment in zip(ids[chosen], stars, moments, strict=True):
            rows.append((user + 1, int(row), float(star), int(moment)))
    return rows


def write(rows: list[Rating], out: Path) -> None:
    """Write the ratings. The gzip header has no time and no file name, so equal rows give equal bytes."""
    lines = ["userId,movieId,rating,timestamp", *(f"{u},{m},{r},{t}" for u, m, r, t in rows)]
    data = "\n".join([*lines, ""]).encode("ascii")
    with out.open("wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as packed:
        packed.write(data)


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Make the sample dataset's simulated ratings.")
    parser.add_argument("--movies", type=Path, default=SAMPLE / "movies.jsonl")
    parser.add_argument("--out", type=Path, default=SAMPLE / "ratings.csv.gz")
    options = parser.parse_args(argv)
    rows = simulate(load_movies(options.movies))
    write(rows, options.out)
    print(f"{len(rows)} simulated ratings by {USERS} users written to {options.out}")


if __name__ == "__main__":
    main()
