from __future__ import annotations

from pathlib import Path

import pytest

from recsvc.datasets.movielens import MAX_TAGS, is_dataset, read_movielens
from recsvc.errors import BadRowError, DataError
from tests.unit.datasets.folders import ITEM_FIELDS, item_line, ml_100k, own_csv, write_csv


def test_own_csv_files_are_read_as_a_dataset(tmp_path: Path) -> None:
    folder = own_csv(tmp_path / "mine", ratings="ann,20,3.5,200\n2,10,4,100\n10,20,0.5,300\n")
    dataset = read_movielens(folder)
    assert (dataset.name, dataset.simulated, dataset.notice, dataset.skipped) == ("mine", False, "", 0)
    assert dataset.ratings.user_labels == ("2", "10", "ann")  # numbers in numeric order, then all others
    assert dataset.ratings.users.tolist() == [2, 0, 1]  # in the order of the file
    assert dataset.ratings.movie_ids.tolist() == [20, 10, 20]
    assert dataset.ratings.stars.tolist() == [3.5, 4.0, 0.5]
    assert dataset.ratings.timestamps.tolist() == [200, 100, 300]
    assert [(m.movie_id, m.title, m.year, m.genres) for m in dataset.movies] == [
        (10, "Ten", 1995, ("Drama",)),
        (20, "Twenty", 1996, ("Comedy", "Children")),
        (30, "Thirty", None, ()),
    ]


def test_ml_100k(tmp_path: Path) -> None:
    dataset = read_movielens(ml_100k(tmp_path / "ml-100k"))
    assert dataset.ratings.user_labels == ("7",)
    assert [(m.title, m.year, m.genres) for m in dataset.movies] == [
        ("Toy Story", 1995, ("Animation", "Children", "Comedy")),
        ("unknown", None, ()),
        ("Léon", 1994, ("Action",)),
    ]
    assert "GroupLens" in dataset.notice
    assert "10.1145/2827872" in dataset.notice


@pytest.mark.parametrize("encoding", ["latin-1", "utf-8"])
def test_ml_1m(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "ratings.dat").write_text("1::10::5::978300760\r\n2::20::3::978300761\r\n", newline="")
    movies = "10::Misérables, Les (1995)::Drama|Children's\r\n20::Ñ: a \x85 b (1996)::Film-Noir\r\n"
    (tmp_path / "movies.dat").write_bytes(movies.encode(encoding))
    dataset = read_movielens(tmp_path, name="ml-1m")
    assert [(m.title, m.genres) for m in dataset.movies] == [
        ("Les Misérables", ("Drama", "Children")),
        ("Ñ: a b", ("Film-Noir",)),
    ]
    assert dataset.ratings.stars.tolist() == [5, 3]


def test_a_byte_order_mark_crlf_and_quotes(tmp_path: Path) -> None:
    ratings = '\ufeffuserId,movieId,rating,timestamp\r\n"1","10","4.0","100"\r\n'
    movies = '\ufeffmovieId,title,genres\r\n10,"Says ""Hi"", The (1995)",Drama\r\n'
    (tmp_path / "ratings.csv").write_text(ratings, encoding="utf-8", newline="")
    (tmp_path / "movies.csv").write_text(movies, encoding="utf-8", newline="")
    dataset = read_movielens(tmp_path, name="x")
    assert dataset.movies[0].title == 'The Says "Hi"'
    assert len(dataset.ratings) == 1


def test_columns_are_found_by_name(tmp_path: Path) -> None:
    folder = own_csv(tmp_path)
    (folder / "ratings.csv").write_text("timestamp,rating,extra,userId,movieId\n5,4.5,x,ann,20\n")
    dataset = read_movielens(folder, name="x")
    assert (dataset.ratings.user_labels, dataset.ratings.stars.tolist()) == (("ann",), [4.5])


def test_links_and_tags(tmp_path: Path) -> None:
    folder = own_csv(tmp_path)
    write_csv(folder / "links.csv", [("movieId", "imdbId", "tmdbId"), (10, "0114709", 862), (20, "113497", "")])
    many = [("1", 20, f"tag {n:02}", 1) for n in range(25)]
    tags = [("1", 10, "Funny", 1), ("2", 10, " dark ", 1), ("3", 10, "FUNNY", 1), ("1", 10, "  ", 1), *many]
    write_csv(folder / "tags.csv", [("userId", "movieId", "tag", "timestamp"), *tags])
    first, second, third = read_movielens(folder, name="x").movies
    assert (first.imdb_id, first.tmdb_id, first.tags) == ("tt0114709", 862, ("funny", "dark"))
    assert (second.imdb_id, second.tmdb_id) == ("tt0113497", None)
    assert second.tags == tuple(f"tag {n:02}" for n in range(MAX_TAGS))
    assert (third.imdb_id, third.tmdb_id, third.tags) == (None, None, ())


@pytest.mark.parametrize(
    ("name", "readme", "noticed"),
    [("ml-25m", "", True), ("mine", "from the GroupLens project", True), ("mine", "by me", False)],
)
def test_only_data_of_grouplens_has_their_notice(tmp_path: Path, name: str, readme: str, noticed: bool) -> None:
    folder = own_csv(tmp_path / name)
    (folder / "README.txt").write_text(readme)
    assert ("GroupLens" in read_movielens(folder).notice) is noticed


@pytest.mark.parametrize("name", ["", "Upper", "-begin", "a b", "ä", "x" * 33, "a/b", "a\n"])
def test_a_name_that_cannot_be_a_prefix_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(DataError, match="name"):
        read_movielens(own_csv(tmp_path / "fine"), name=name)


def test_the_name_of_the_folder_is_checked_too(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="'My Data'"):
        read_movielens(own_csv(tmp_path / "My Data"))


def test_a_folder_that_is_missing_or_not_recognised_is_named(tmp_path: Path) -> None:
    for folder in (tmp_path / "absent", tmp_path):
        with pytest.raises(DataError, match=r"u\.data and u\.item.*ratings\.csv and movies\.csv") as raised:
            read_movielens(folder)
        assert str(folder) in str(raised.value)
        assert not is_dataset(folder)


def test_two_datasets_in_one_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="more than one"):
        read_movielens(own_csv(ml_100k(tmp_path)))


def test_an_empty_ratings_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"ratings\.csv has no ratings"):
        read_movielens(own_csv(tmp_path, ratings=""), name="x")
    (tmp_path / "ratings.csv").write_text("")
    with pytest.raises(DataError, match="header"):
        read_movielens(tmp_path, name="x")
    with pytest.raises(DataError, match=r"u\.data has no ratings"):
        read_movielens(ml_100k(tmp_path / "x", data=""))


def test_a_file_with_only_broken_rows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no ratings"):
        read_movielens(own_csv(tmp_path, ratings="1,10,9,1\n"), name="x", on_error="skip")


@pytest.mark.parametrize(
    ("file", "content", "line", "reason"),
    [
        ("movies.csv", "movieId,title,genres\n10,A,\n10,B,\n", 3, "second time"),
        ("movies.csv", "movieId,title,genres\n10,A,\nx,B,\n", 3, "movie id 'x'"),
        ("movies.csv", "movieId,title,genres\n10,A,\n0,B,\n", 3, "movie id '0'"),
        ("movies.csv", "movieId,title,genres\n10,A,\n9007199254740992,B,\n", 3, "movie id"),
        ("movies.csv", "movieId,title,genres\n10,A,\n20, ,\n", 3, "no title"),
        ("movies.csv", 'movieId,title,genres\n10,"A\nB\nC",\n20,D\n', 5, "2 fields"),
        ("movies.csv", 'movieId,title,genres\n10,A,\n20,"never ends,\n30,C,\n', 3, "not CSV"),
        ("links.csv", "movieId,imdbId,tmdbId\n10,1,1\n99,1,1\n", 3, "99 is not in the movies file"),
        ("links.csv", "movieId,imdbId,tmdbId\n10,1,1\n10,1,1\n", 3, "second time"),
        ("links.csv", "movieId,imdbId,tmdbId\n10,x,1\n", 2, "IMDb id 'x'"),
        ("links.csv", "movieId,imdbId,tmdbId\n10,1,862.0\n", 2, "TMDB id '862.0'"),
        ("tags.csv", "userId,movieId,tag,timestamp\n1,99,a,1\n", 2, "99 is not in the movies file"),
        ("tags.csv", "userId,movieId,tag,timestamp\n1,10,a,1,5\n", 2, "5 fields"),
    ],
)
def test_a_broken_row_is_named_by_file_line_and_reason(
    tmp_path: Path, file: str, content: str, line: int, reason: str
) -> None:
    folder = own_csv(tmp_path)
    (folder / file).write_text(content)
    with pytest.raises(BadRowError) as raised:
        read_movielens(folder, name="x")
    assert (raised.value.file, raised.value.line) == (folder / file, line)
    assert reason in raised.value.reason


def test_a_byte_that_is_not_utf_8_is_named(tmp_path: Path) -> None:
    folder = own_csv(tmp_path)
    (folder / "movies.csv").write_bytes(b"movieId,title,genres\n10,Ten,\n20,Am\xe9lie,\n")
    with pytest.raises(BadRowError, match=r"movies\.csv:3: not UTF-8"):
        read_movielens(folder, name="x")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (item_line(4, "Four").replace("|0\n", "\n"), f"{ITEM_FIELDS - 1} fields"),
        (item_line(4, "Four").replace("|0\n", "|2\n"), "genre flag"),
        (item_line(4, "Fo|ur"), f"{ITEM_FIELDS + 1} fields"),
    ],
)
def test_a_broken_line_of_u_item(tmp_path: Path, line: str, reason: str) -> None:
    folder = ml_100k(tmp_path)
    with (folder / "u.item").open("a") as items:
        items.write(line)
    with pytest.raises(BadRowError, match=reason) as raised:
        read_movielens(folder, name="x")
    assert raised.value.line == 4


def test_skipping_counts_broken_rows_of_all_files(tmp_path: Path) -> None:
    folder = own_csv(
        tmp_path,
        ratings="1,10,4,1\n1,20,9,1\n2,30,4,1\nbroken\n3,10,nan,1\n2,10,4,1\n",
        movies="10,Ten,\n20,Twenty,\n30\n",
    )
    (folder / "tags.csv").write_text("userId,movieId,tag,timestamp\n1,99,a,1\n1,10,b,1\n")
    dataset = read_movielens(folder, name="x", on_error="skip")
    # the movie 30, and therefore the rating of 30; three more ratings; one tag
    assert dataset.skipped == 6
    assert dataset.ratings.user_labels == ("1", "2")  # user 3 has no valid rating
    assert dataset.ratings.movie_ids.tolist() == [10, 10]
    assert [m.movie_id for m in dataset.movies] == [10, 20]
    assert dataset.movies[0].tags == ("b",)


def test_all_lines_in_a_quote_that_is_not_closed_are_counted(tmp_path: Path) -> None:
    folder = own_csv(tmp_path, ratings='1,10,4,1\n"2,10,4,1\n3,10,4,1\n4,10,4,1\n')
    dataset = read_movielens(folder, name="x", on_error="skip")
    assert (len(dataset.ratings), dataset.skipped) == (1, 3)
