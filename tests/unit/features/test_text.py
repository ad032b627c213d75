from __future__ import annotations

from collections.abc import Mapping
from math import log, sqrt

import numpy as np
import pytest

from recsvc.features.text import FIELDS, HASH_BUCKETS, TagMatrix, Vectoriser, tag_matrix, words
from recsvc.types import FloatMatrix, Movie

TEXT = {"text": 1.0}
VECTORISERS: tuple[Vectoriser, ...] = ("tfidf", "counts", "hashing")


def matrix_of(
    *movies: Movie, vectoriser: Vectoriser = "counts", min_movies: int = 1, weights: Mapping[str, float] = TEXT
) -> TagMatrix:
    return tag_matrix(movies, weights=weights, vectoriser=vectoriser, min_movies=min_movies)[0]


def described(*texts: str) -> list[Movie]:
    return [Movie(number, "x", overview=text) for number, text in enumerate(texts, 1)]


def cosines(matrix: TagMatrix) -> FloatMatrix:
    return np.asarray((matrix @ matrix.T).toarray())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Robots robot ROBOT", ["robot"] * 3),
        ("The families of a family", ["the", "famili", "of", "famili"]),
        ("Amélie's café", words("Amelies cafe")),
        ("Don't", words("dont")),
        ("7 days, 2 of 10", ["7", "day", "2", "of", "10"]),
        ("x-men: a B", ["men"]),
        ("", []),
        ("日本語 !?", []),
    ],
)
def test_words_are_stemmed_and_without_accents(text: str, expected: list[str]) -> None:
    assert words(text) == expected


@pytest.mark.parametrize("dash", ["–", "—", "…", " - "])
def test_a_dash_separates_words(dash: str) -> None:
    assert words(f"love{dash}death") == ["love", "death"]


def test_tags_are_words_and_names_with_their_field() -> None:
    movie = Movie(
        1,
        "The Robots",
        1987,
        genres=("Sci-Fi",),
        overview="A robot wakes.",
        keywords=("Artificial Intelligence",),
        directors=("John Ford",),
        cast=("Harrison Ford",),
        tags=("Robots",),
    )
    found = {field: list(tags(movie)) for field, tags in FIELDS.items()}
    assert found == {
        "text": ["robot", "wake", "keyword:artificial intelligence", "artifici", "intellig", "keyword:robots", "robot"],
        "genres": ["genre:Sci-Fi"],
        "credits": ["director:John Ford", "cast:Harrison Ford"],
        "title": ["series:the robot"],
        "years": [f"span:{span}" for span in range(391, 404)],  # 1987 is in the 397th span of five years
    }
    assert [list(tags(Movie(1, "x"))) for tags in FIELDS.values()] == [[]] * 5


@pytest.mark.parametrize("vectoriser", VECTORISERS)
def test_plurals_share_a_tag_and_names_of_two_fields_do_not(vectoriser: Vectoriser) -> None:
    found = cosines(
        matrix_of(
            Movie(1, "Robots"),
            Movie(2, "Robot"),
            Movie(3, "x", directors=("John Ford",)),
            Movie(4, "x", cast=("John Ford",)),
            Movie(5, "x", keywords=("space",)),
            Movie(6, "x", tags=("Space",)),
            vectoriser=vectoriser,
            weights=dict.fromkeys(FIELDS, 1.0),
        )
    )
    assert found[0, 1] == pytest.approx(1)
    assert found[2, 3] == pytest.approx(0)
    assert found[4, 5] == pytest.approx(sqrt(2))  # without genres the texts have more weight


def series_of(title: str) -> set[str]:
    return set(FIELDS["title"](Movie(1, title)))


@pytest.mark.parametrize(
    ("title", "others"),
    [
        ("Alien", ["Aliens", "Alien³", "Alien 3", "Alien: Resurrection", "Alien - Covenant"]),
        ("The Godfather", ["The Godfather: Part II", "The Godfather Part III"]),
        ("Star Wars: Episode IV - A New Hope", ["Star Wars: Episode V - The Empire Strikes Back", "Star Wars"]),
        ("Mission: Impossible", ["Mission: Impossible II", "Mission: Impossible - Fallout"]),
        ("Ocean's Eleven", ["Ocean's Twelve", "Ocean's 8"]),
        ("Kill Bill: Vol. 1", ["Kill Bill: Vol. 2"]),
    ],
)
def test_the_parts_of_a_series_share_a_tag(title: str, others: list[str]) -> None:
    for other in others:
        assert series_of(title) & series_of(other), other


def test_movies_of_a_collection_are_a_series_whatever_their_titles() -> None:
    dark, begins = (Movie(1, title, collection="The Dark Knight Collection") for title in ("The Dark Knight", "Batman"))
    found = cosines(matrix_of(dark, begins, Movie(2, "Batman Forever"), weights={"title": 1.0}, min_movies=2))
    assert found[0, 1] == pytest.approx(1)
    assert found[0, 2] == found[1, 2] == 0


@pytest.mark.parametrize(
    ("title", "others"),
    [
        ("Heat", ["Body Heat", "The Heat", "Heat Wave"]),
        ("Alien", ["Alien Nation", "Alien from L.A.", "Evil Aliens"]),
        ("Spirited Away", ["Flushed Away", "Cast Away"]),
        ("Hoop Dreams", ["In Dreams", "Burden of Dreams", "Dream of Light"]),
        ("Titanic", ["Titan A.E."]),
        ("The Boss", ["Bos"]),
        ("2001: A Space Odyssey", ["2012", "1941"]),
    ],
)
def test_a_word_in_common_is_no_series(title: str, others: list[str]) -> None:
    for other in others:
        assert not series_of(title) & series_of(other), other


def test_counts_by_hand() -> None:
    movies = [
        Movie(1, "x", overview="blue blue red"),  # blue 2, red 1
        Movie(2, "x", overview="blue"),
        Movie(3, "x", overview="red green"),
        Movie(4, "x"),
    ]
    expected = np.array(
        [
            [1, 2 / sqrt(5), 1 / sqrt(5) / sqrt(2), 0],
            [2 / sqrt(5), 1, 0, 0],
            [1 / sqrt(5) / sqrt(2), 0, 1, 0],
            [0, 0, 0, 0],
        ]
    )
    np.testing.assert_allclose(cosines(matrix_of(*movies)), expected, atol=1e-6)
    np.testing.assert_allclose(cosines(matrix_of(*movies, vectoriser="hashing")), expected, atol=1e-6)


def test_tfidf_by_hand() -> None:
    # 4 movies; blue is in 2 of them, red in 2, green in 1
    idf = {"blue": log(5 / 3) + 1, "red": log(5 / 3) + 1, "green": log(5 / 2) + 1}
    first = {"blue": (1 + log(2)) * idf["blue"], "red": idf["red"]}
    third = {"red": idf["red"], "green": idf["green"]}
    first_length, third_length = (sqrt(sum(weight**2 for weight in movie.values())) for movie in (first, third))
    found = cosines(
        matrix_of(
            Movie(1, "x", overview="blue blue red"),
            Movie(2, "x", overview="blue"),
            Movie(3, "x", overview="red green"),
            Movie(4, "x"),
            vectoriser="tfidf",
        )
    )
    assert found[0, 1] == pytest.approx(first["blue"] / first_length)
    assert found[0, 2] == pytest.approx(first["red"] * third["red"] / first_length / third_length)
    assert found[1, 2] == 0
    assert found[3].tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize("vectoriser", VECTORISERS)
def test_rows_have_length_one_or_zero(vectoriser: Vectoriser) -> None:
    found = matrix_of(
        Movie(1, "x", overview="blue red green"),
        Movie(2, "x"),
        Movie(3, "x", overview="blue blue"),
        vectoriser=vectoriser,
    )
    assert found.dtype == np.float32
    assert np.sqrt((found.toarray() ** 2).sum(axis=1)).tolist() == pytest.approx([1, 0, 1])
    assert np.diff(found.indptr)[1] == 0
    assert found.has_sorted_indices
    assert found.shape[0] == 3
    assert (found.shape[1] == HASH_BUCKETS) is (vectoriser == "hashing")


def test_rare_tags_are_dropped_before_weighting() -> None:
    movies = [
        Movie(1, "x", overview="blue red"),
        Movie(2, "x", overview="blue green green"),
        Movie(3, "x", overview="red"),
    ]
    assert matrix_of(*movies, min_movies=1).shape == (3, 3)
    found = matrix_of(*movies, min_movies=2)  # green is in one movie, however often
    assert found.shape == (3, 2)
    assert cosines(found)[0, 1] == pytest.approx(1 / sqrt(2))
    assert cosines(matrix_of(*movies, min_movies=2, vectoriser="hashing"))[0, 1] == pytest.approx(
        1 / sqrt(2) / sqrt(5), abs=1e-6
    )


def test_movies_are_more_similar_if_their_years_are_closer() -> None:
    movies = [Movie(1, "x", 1980), Movie(2, "x", 1984), Movie(3, "x", 1990), Movie(4, "x", 2043), Movie(5, "x")]
    found = cosines(matrix_of(*movies, weights={"years": 1.0}))
    # of 13 spans of five years, two apart leaves 11 in common; 13 apart none
    assert found[0].tolist() == pytest.approx([1, 1, 11 / 13, 1 / 13, 0], abs=1e-6)
    assert not found[4].any()


@pytest.mark.parametrize("vectoriser", VECTORISERS)
def test_fields_are_weighted_and_a_field_of_weight_0_is_left_out(vectoriser: Vectoriser) -> None:
    first = Movie(1, "blue", genres=("A",), directors=("Ann",))
    second = Movie(2, "blue", genres=("B",), directors=("Ann",))
    weights = {"title": 0.5, "genres": 0.25, "credits": 0.25, "years": 0.0}
    found = cosines(matrix_of(first, second, vectoriser=vectoriser, weights=weights))
    assert found.tolist() == [pytest.approx([1, 0.75]), pytest.approx([0.75, 1])]


@pytest.mark.parametrize("vectoriser", VECTORISERS)
def test_a_missing_text_is_compensated_in_part(vectoriser: Vectoriser) -> None:
    movies = [Movie(1, "x", genres=("A",), overview="blue"), Movie(2, "x", genres=("A",), overview="blue")]
    movies += [Movie(3, "x", genres=("A",)), Movie(4, "x", genres=("A",)), Movie(5, "x")]
    found = matrix_of(*movies, vectoriser=vectoriser, weights={"text": 0.6, "genres": 0.2})
    # the length of the genres alone is sqrt(0.2), that of both fields sqrt(0.8)
    length = sqrt(sqrt(0.2) * sqrt(0.8))
    expected = [0.8, 0.8, sqrt(0.2) * length, sqrt(0.2) * length, 0]
    assert cosines(found)[0].tolist() == pytest.approx(expected, abs=1e-6)
    assert cosines(found)[2].tolist() == pytest.approx([expected[2]] * 2 + [length**2] * 2 + [0], abs=1e-6)
    assert not np.diff(found.indptr)[4]


@pytest.mark.parametrize("vectoriser", VECTORISERS)
def test_movies_without_a_common_tag_have_similarity_0(vectoriser: Vectoriser) -> None:
    for movies in ((Movie(1, "x"), Movie(2, "x")), (Movie(1, "blue"), Movie(2, "red"))):
        found = matrix_of(*movies, vectoriser=vectoriser, min_movies=2)
        assert found.shape[0] == 2
        assert cosines(found)[0, 1] == 0
