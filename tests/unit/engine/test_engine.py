"""The engine over the small world, in which movies of even row are of one kind and those of odd row of the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsvc.engine.answer import Answer, Recommendation, UserProfile
from recsvc.engine.engine import NO_ROWS, UNKNOWN_USER, Engine
from recsvc.engine.query import LAST_OFFSET, Era, Filters, Query
from recsvc.engine.strategies import Strategy
from recsvc.errors import DamagedVersionError, InvalidInputError, OutdatedVersionError
from recsvc.features.catalogue import Catalogue
from recsvc.features.history import History
from recsvc.features.title_index import TitleIndex
from recsvc.models.hybrid import Hybrid
from recsvc.registry.components import Component
from recsvc.registry.store import Registry, Version
from recsvc.training.config import TrainingConfig
from recsvc.training.pipeline import publish_trained
from recsvc.types import EMPTY_TASTE, Movie, Rows, State, Taste
from tests.contracts.worlds import TAGLESS, UNRATED, YEARLESS, taste_of, tastes, world, world_of

N = len(world().vocabulary)
SPACE_FAN = UserProfile(taste_of({0: 5.0, 4: 4.5, 10: 4.0}), NO_ROWS)
UNRATED_ROW, TAGLESS_ROW = world().vocabulary.rows(np.array([UNRATED, TAGLESS], np.int64)).tolist()
PERSONAL = (Strategy.AUTO, Strategy.HYBRID, Strategy.COLLABORATIVE, Strategy.CONTENT)

profiles = st.builds(
    UserProfile,
    tastes(N),
    st.lists(st.integers(0, N - 1), max_size=6, unique=True).map(lambda rows: np.array(rows, np.int32)),
)


def ids(answer: Answer) -> list[int]:
    return [item.movie.movie_id for item in answer.items]


def rows_of(movie_ids: list[int]) -> Rows:
    return world().vocabulary.rows(np.array(movie_ids, np.int64))


@given(profile=profiles, strategy=st.sampled_from(Strategy), diversity=st.sampled_from([0.0, 0.4, 1.0]))
@settings(deadline=None, max_examples=60)
def test_what_was_dealt_with_never_appears(
    world_engine: Engine, profile: UserProfile, strategy: Strategy, diversity: float
) -> None:
    answer = world_engine.recommend(profile, Query(k=100, strategy=strategy, diversity=diversity))
    found = ids(answer)
    assert len(set(found)) == len(found)
    assert not np.isin(rows_of(found), np.concatenate([profile.taste.rows, profile.hidden])).any()
    assert [item.rank for item in answer.items] == list(range(1, len(found) + 1))
    assert answer.next_offset is None
    if strategy in {Strategy.AUTO, Strategy.HYBRID} and len(profile.taste):
        without_score = {TAGLESS_ROW, *profile.taste.rows.tolist(), *profile.hidden.tolist()}
        assert len(found) == N - len(without_score)  # all that anything can be said about


@given(profile=profiles, k=st.integers(1, 9), diversity=st.sampled_from([0.0, 0.3, 1.0]))
@settings(deadline=None, max_examples=30)
def test_pages_put_together_are_the_long_list(
    world_engine: Engine, profile: UserProfile, k: int, diversity: float
) -> None:
    query = Query(k=100, diversity=diversity)
    whole = world_engine.recommend(profile, query)
    items: list[Recommendation] = []
    offset: int | None = 0
    while offset is not None:
        page = world_engine.recommend(profile, replace(query, k=k, offset=offset))
        assert page.strategy == whole.strategy
        assert len(page.items) == k or page.next_offset is None
        assert page.next_offset in {None, offset + k}
        items += page.items
        offset = page.next_offset
    assert [(item.rank, item.movie, item.score) for item in items] == [
        (item.rank, item.movie, item.score) for item in whole.items
    ]


def test_a_full_last_page_is_the_last(world_engine: Engine) -> None:
    everything = len(world_engine.recommend(UNKNOWN_USER, Query(k=100)).items)
    assert everything == 40
    assert world_engine.recommend(UNKNOWN_USER, Query(k=40)).next_offset is None
    assert world_engine.recommend(UNKNOWN_USER, Query(k=39)).next_offset == 39
    assert world_engine.recommend(UNKNOWN_USER, Query(k=10, offset=30)).next_offset is None
    beyond = world_engine.recommend(UNKNOWN_USER, Query(k=10, offset=40))
    assert (beyond.items, beyond.next_offset) == ((), None)


def test_the_next_offset_is_one_that_may_be_asked_for(world_engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    assert LAST_OFFSET == 1000
    monkeypatch.setattr("recsvc.engine.engine.LAST_OFFSET", 20)
    assert world_engine.recommend(UNKNOWN_USER, Query(k=10, offset=10)).next_offset == 20
    assert world_engine.recommend(UNKNOWN_USER, Query(k=11, offset=10)).next_offset is None


@pytest.mark.parametrize("strategy", Strategy)
def test_an_unknown_user_gets_the_popular_movies(world_engine: Engine, strategy: Strategy) -> None:
    answer = world_engine.recommend(UNKNOWN_USER, Query(k=40, strategy=strategy))
    assert answer.strategy is Strategy.POPULAR
    weighted = [world_engine.popularity(row) for row in range(40)]
    by_hand = sorted(range(40), key=lambda row: (-weighted[row], row))
    assert rows_of(ids(answer)).tolist() == by_hand
    for item in answer.items:
        assert item.predicted_rating is not None
        assert item.reasons is not None
        assert item.reasons.because == ()
        assert (item.reasons.baseline, item.reasons.other) == pytest.approx((item.score, 0))


def test_someone_who_only_hid_movies_is_an_unknown_user_without_them(world_engine: Engine) -> None:
    first, second, *_ = ids(world_engine.recommend(UNKNOWN_USER, Query()))
    answer = world_engine.recommend(UserProfile(EMPTY_TASTE, rows_of([first])), Query())
    assert answer.strategy is Strategy.POPULAR
    assert ids(answer)[0] == second


@pytest.mark.parametrize("strategy", PERSONAL)
def test_three_ratings_make_it_personal(world_engine: Engine, strategy: Strategy) -> None:
    answer = world_engine.recommend(SPACE_FAN, Query(k=8, strategy=strategy))
    assert answer.strategy is (Strategy.HYBRID if strategy is Strategy.AUTO else strategy)
    assert all(row % 2 == 0 for row in rows_of(ids(answer)).tolist())


def test_a_model_that_has_nothing_to_say_leaves_it_to_the_popular(world_engine: Engine) -> None:
    unknown = UserProfile(taste_of({UNRATED_ROW: 5.0}), NO_ROWS)
    answer = world_engine.recommend(unknown, Query(strategy=Strategy.COLLABORATIVE))
    assert answer.strategy is Strategy.POPULAR
    assert len(answer.items) == 10


@given(profile=profiles, strategy=st.sampled_from(Strategy))
@settings(deadline=None, max_examples=60)
def test_reasons_add_up_to_the_score(world_engine: Engine, profile: UserProfile, strategy: Strategy) -> None:
    rated = set(world_engine.catalogue.vocabulary.ids[profile.taste.rows].tolist())
    for item in world_engine.recommend(profile, Query(k=20, strategy=strategy)).items:
        assert item.reasons is not None
        amounts = [reason.contribution for reason in item.reasons.because]
        assert item.reasons.baseline + sum(amounts) + item.reasons.other == pytest.approx(item.score, abs=1e-9)
        assert len(amounts) <= 3
        assert amounts == sorted(amounts, reverse=True)
        assert all(amount > 0 for amount in amounts)
        named = [reason.movie.movie_id for reason in item.reasons.because]
        assert len(set(named)) == len(named)
        assert set(named) <= rated


def test_the_reasons_are_the_strongest_and_other_is_the_rest(world_engine: Engine) -> None:
    taste = taste_of({0: 5.0, 4: 4.5, 10: 4.0, 2: 5.0, 6: 3.0, 1: 1.0})
    [item] = world_engine.recommend(UserProfile(taste, NO_ROWS), Query(k=1, strategy=Strategy.COLLABORATIVE)).items
    model = world_engine._models[Strategy.COLLABORATIVE]
    baseline, contributions = model.explain(taste, rows_of([item.movie.movie_id]))
    by_movie = dict(zip(taste.rows.tolist(), contributions[0].tolist(), strict=True))
    three = sorted(by_movie, key=lambda row: -by_movie[row])[:3]
    assert item.reasons is not None
    assert rows_of([reason.movie.movie_id for reason in item.reasons.because]).tolist() == three
    assert [reason.contribution for reason in item.reasons.because] == pytest.approx([by_movie[row] for row in three])
    rest = sum(amount for row, amount in by_movie.items() if row not in three)
    assert item.reasons.other == pytest.approx(rest, abs=1e-5)
    assert item.reasons.baseline == pytest.approx(float(baseline[0]))


def test_a_dislike_alone_is_no_reason(world_engine: Engine) -> None:
    answer = world_engine.recommend(UserProfile(taste_of({0: 0.5}), NO_ROWS), Query(k=40))
    for item in answer.items:
        assert item.reasons is not None
        if item.movie.movie_id % 20 == 3:  # of the kind that was disliked
            assert item.reasons.because == ()
            assert item.reasons.other < 0


def test_without_explaining_the_rest_is_the_same(world_engine: Engine) -> None:
    with_why = world_engine.recommend(SPACE_FAN, Query())
    without = world_engine.recommend(SPACE_FAN, Query(explain=False))
    assert without.items == tuple(item._replace(reasons=None) for item in with_why.items)


def test_a_predicted_rating_is_stars_or_nothing(world_engine: Engine) -> None:
    for taste in (SPACE_FAN.taste, taste_of(dict.fromkeys(range(30), 5.0)), taste_of(dict.fromkeys(range(30), 0.5))):
        for item in world_engine.recommend(UserProfile(taste, NO_ROWS), Query(k=100)).items:
            if item.movie.movie_id == UNRATED:
                assert item.predicted_rating is None
            else:
                assert item.predicted_rating is not None
                assert 0.5 <= item.predicted_rating <= 5


def test_a_low_rating_lowers_what_is_alike(world_engine: Engine) -> None:
    base = {1: 5.0, 11: 4.0, 0: 4.0}
    disliked = 4
    its_id = world_engine.catalogue.movie(disliked).movie_id
    alike = [neighbour.movie.movie_id for neighbour in world_engine.similar(disliked, k=8)]

    def places(taste: Taste) -> list[int]:
        answer = world_engine.recommend(UserProfile(taste, NO_ROWS), Query(k=100))
        order = [movie_id for movie_id in ids(answer) if movie_id != its_id]  # once rated it is in no list
        return [order.index(movie_id) for movie_id in alike if movie_id in order]

    without = places(taste_of(base))
    assert np.mean(places(taste_of({**base, disliked: 1.0}))) > np.mean(without)
    assert np.mean(places(taste_of({**base, disliked: 5.0}))) < np.mean(without)


def test_what_was_rated_low_is_no_reason(world_engine: Engine) -> None:
    taste = taste_of({0: 5.0, 2: 2.5, 4: 2.0, 6: 1.0})
    told = world_engine.recommend(UserProfile(taste, NO_ROWS), Query(k=20, explain=True)).items
    for item in told:
        assert item.reasons is not None
        assert {reason.movie.movie_id for reason in item.reasons.because} <= {world_engine.catalogue.movie(0).movie_id}
        reasons = sum(reason.contribution for reason in item.reasons.because)
        assert item.reasons.baseline + reasons + item.reasons.other == pytest.approx(item.score, abs=1e-4)
    assert any(item.reasons is not None and item.reasons.because for item in told)
    assert any(item.reasons is not None and abs(item.reasons.other) > 1e-3 for item in told)


def test_diversity_reaches_further(world_engine: Engine) -> None:
    plain = world_engine.recommend(SPACE_FAN, Query(k=10))
    varied = world_engine.recommend(SPACE_FAN, Query(k=10, diversity=1.0))
    assert ids(varied)[0] == ids(plain)[0]
    assert len(set(ids(varied))) == 10

    def most_alike(found: list[int]) -> float:
        rows = rows_of(found)
        cosines = world_engine.hybrid.content.cosines_among(rows)
        return float(np.mean([np.sort(cosines(place))[-2] for place in range(len(rows))]))

    assert most_alike(ids(varied)) < most_alike(ids(plain))
    nearly_none = world_engine.recommend(SPACE_FAN, Query(k=10, diversity=1e-9))
    assert ids(nearly_none) == ids(plain)


def test_filters_hold_in_every_answer(world_engine: Engine) -> None:
    border = world_engine.manifest.era_border
    assert border is not None
    assert border == world_engine.catalogue.median_year
    new = Query(k=100, filters=Filters(era=Era.NEW))
    old = Query(k=100, filters=Filters(era=Era.OLD))
    for ask in (new, old):
        years = [item.movie.year for item in world_engine.recommend(SPACE_FAN, ask).items]
        assert years
        assert all(year is not None and (year >= border) is (ask is new) for year in years)
    both = {*ids(world_engine.recommend(SPACE_FAN, new)), *ids(world_engine.recommend(SPACE_FAN, old))}
    anything = set(ids(world_engine.recommend(SPACE_FAN, Query(k=100))))
    assert anything - both == {YEARLESS}
    romance = Filters(genres=("romance",))
    assert {row % 2 for row in rows_of(ids(world_engine.recommend(SPACE_FAN, Query(filters=romance)))).tolist()} == {1}
    assert all("Romance" in one.movie.genres for one in world_engine.similar(0, k=5, filters=romance))
    with pytest.raises(InvalidInputError):
        world_engine.similar(0, k=5, filters=Filters(genres=("Western",)))


@pytest.mark.parametrize("by", [Strategy.HYBRID, Strategy.COLLABORATIVE, Strategy.CONTENT])
def test_a_movie_is_not_similar_to_itself(world_engine: Engine, by: Strategy) -> None:
    for row in range(40):
        found = world_engine.similar(row, k=100, by=by)
        others = rows_of([neighbour.movie.movie_id for neighbour in found]).tolist()
        assert row not in others
        # the two kinds of movies have nothing in common but ratings
        assert len(set(others)) == len(others) >= (19 if by is Strategy.CONTENT else 39)
        assert [neighbour.rank for neighbour in found] == list(range(1, len(found) + 1))
        likeness = [neighbour.similarity for neighbour in found]
        assert likeness == sorted(likeness, reverse=True)
        assert sum(other % 2 == row % 2 for other in others[:8]) > 4


def test_a_movie_that_has_nothing_in_common_with_another_is_not_similar_by_content(tmp_path: Path) -> None:
    titles = ("Alba", "Bruma", "Cielo", "Duna", "Estrella", "Flor", "Garza", "Hoja")
    genres = (("Drama",), ("War",))
    tagged = [Movie(number, title, genres=genres[number > 4]) for number, title in enumerate(titles, 1)]
    held = world_of(tagged, {user: dict.fromkeys(range(1, 9), 4.0) for user in "ab"})
    publish_trained(
        held.dataset, TrainingConfig(), Registry(tmp_path), promote=False, who="tests", progress=lambda _: None
    )
    [version] = Registry(tmp_path).names()
    engine = Engine(Registry(tmp_path).open(version))
    assert [one.movie.movie_id for one in engine.similar(0, k=8, by=Strategy.CONTENT)] == [2, 3, 4]


def test_the_collaborative_similarity_is_that_of_the_model(world_engine: Engine) -> None:
    np.testing.assert_array_equal(
        world_engine.collaborative_similarity(3), world_engine.hybrid.collaborative.similar(3)
    )
    assert world_engine.collaborative_similarity(3)[3] == pytest.approx(1)


def test_a_movie_that_nobody_rated_has_similar_ones_and_is_recommended(world_engine: Engine) -> None:
    assert world_engine.rating_count(UNRATED) == 0
    for by in (Strategy.HYBRID, Strategy.CONTENT):
        alike = world_engine.similar(UNRATED_ROW, k=10, by=by)
        assert len(alike) == 10
        assert all(row % 2 == 0 for row in rows_of([one.movie.movie_id for one in alike]).tolist())
    assert world_engine.similar(UNRATED_ROW, k=10, by=Strategy.COLLABORATIVE) == ()
    for strategy in (Strategy.HYBRID, Strategy.CONTENT):
        assert UNRATED in ids(world_engine.recommend(SPACE_FAN, Query(k=18, strategy=strategy)))  # of its kind
    assert UNRATED not in ids(world_engine.recommend(SPACE_FAN, Query(k=100, strategy=Strategy.COLLABORATIVE)))


def test_a_movie_without_data_is_not_predicted(world_engine: Engine) -> None:
    for by in (Strategy.HYBRID, Strategy.COLLABORATIVE, Strategy.CONTENT):
        assert world_engine.similar(TAGLESS_ROW, k=10, by=by) == ()
    assert TAGLESS not in ids(world_engine.recommend(SPACE_FAN, Query(k=100)))


def test_the_most_rated_come_first_and_of_equals_the_lower_id(world_engine: Engine) -> None:
    counts = world().interactions.counts()
    expected = sorted(range(N), key=lambda row: (-counts[row], row))
    assert world_engine.most_rated(Filters()).tolist() == expected
    assert [
        world_engine.rating_count(movie.movie_id) for movie in world_engine.movies(np.arange(N, dtype=np.int32))
    ] == (counts.tolist())
    assert world_engine.rating_count(424242) == 0
    only = world_engine.most_rated(Filters(genres=("Drama",))).tolist()
    assert only == [row for row in expected if "Drama" in world().dataset.movies[row].genres]


def test_search_passes_the_filters(world_engine: Engine) -> None:
    found = world_engine.movies(world_engine.search("movie 12", Filters()))
    assert found[0].title.startswith("Movie 12 of")
    assert YEARLESS in {movie.movie_id for movie in found}
    assert YEARLESS not in {
        movie.movie_id for movie in world_engine.movies(world_engine.search("movie 12", Filters(year_from=1)))
    }


def test_the_dataset_users_are_there(world_engine: Engine) -> None:
    held = world().interactions.taste(6)
    taste = world_engine.history.taste("7")
    assert taste.rows.tolist() == held.rows.tolist()
    assert taste.stars.tolist() == held.stars.tolist()


@pytest.mark.parametrize("missing", ["movies", "history", "titles", "hybrid", "stars"])
def test_a_version_without_a_part_is_refused(world_registry: Registry, missing: str) -> None:
    version = world_registry.open(world_registry.production())
    held = {name: component for name, component in version.components.items() if name != missing}
    with pytest.raises(OutdatedVersionError, match=f"{version.manifest.version} .*no {missing}"):
        Engine(Version(version.manifest, held))
    held[missing] = version.components["movies" if missing != "movies" else "history"]
    with pytest.raises(OutdatedVersionError, match=f"no {missing}"):
        Engine(Version(version.manifest, held))


def test_components_that_do_not_fit_together_are_found_when_the_engine_is_made(world_registry: Registry) -> None:
    """They are whole and of the right kinds: it takes an answer to notice."""
    version = world_registry.open(world_registry.production())
    few = world_of([Movie(1, "x", genres=("Drama",)), Movie(2, "y")], {"1": {1: 4.0}})
    held = {**version.components, "movies": Catalogue.of(few.dataset.movies, few.interactions)}
    with pytest.raises(DamagedVersionError, match=f"{version.manifest.version} .*do not fit together"):
        Engine(Version(version.manifest, held))


def test_predicted_stars_are_clipped_to_the_scale(world_engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    scores = np.array([-3.0, 0.49, 0.5, 3.25, 5.0, 5.01, 9.0, np.nan], np.float32)
    monkeypatch.setattr(type(world_engine._stars), "score_rows", lambda _model, _taste, rows: scores[rows])
    predicted = world_engine.predicted(SPACE_FAN.taste, np.arange(len(scores), dtype=np.int32))
    assert predicted == [0.5, 0.5, 0.5, 3.25, 5.0, 5.0, 5.0, None]


def test_three_stars_may_be_a_reason(world_engine: Engine) -> None:
    answer = world_engine.recommend(UserProfile(taste_of({0: 3.0}), NO_ROWS), Query(k=20))
    named = {reason.movie.movie_id for item in answer.items if item.reasons for reason in item.reasons.because}
    assert named == {world_engine.catalogue.movie(0).movie_id}
    just_below = world_engine.recommend(UserProfile(taste_of({0: 2.5}), NO_ROWS), Query(k=20))
    assert all(item.reasons is not None and item.reasons.because == () for item in just_below.items)


def test_the_deepest_page_of_a_diversified_list_is_of_the_same_list(
    world_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("recsvc.engine.engine.LAST_OFFSET", 9)
    monkeypatch.setattr("recsvc.engine.engine.DEEPEST", 12)
    query = Query(k=40, diversity=0.7)
    pool = ids(world_engine.recommend(SPACE_FAN, Query(k=13)))
    whole = world_engine.recommend(SPACE_FAN, query)
    assert sorted(ids(whole)) == sorted(pool)
    assert ids(whole) != pool
    deepest = world_engine.recommend(SPACE_FAN, replace(query, k=3, offset=9))
    assert ids(deepest) == ids(whole)[9:12]
    assert (len(deepest.items), deepest.next_offset) == (3, None)
    assert world_engine.recommend(SPACE_FAN, replace(query, k=3, offset=6)).next_offset == 9


TWICE, ITS_DOUBLE = 2, 0
"""Rows of the same movie: the first has more ratings and represents the other in lists."""


@pytest.fixture(scope="module")
def engine_with_a_double(world_registry: Registry) -> Engine:
    """The engine over the small world, in which row 0 is the same movie as row 2 once more."""
    version, held = world_registry.open(world_registry.production()), world()
    movies = list(held.dataset.movies)
    movies[ITS_DOUBLE] = replace(movies[ITS_DOUBLE], title=movies[TWICE].title, year=movies[TWICE].year)
    catalogue = Catalogue.of(movies, held.interactions)
    assert catalogue.canonical[[TWICE, ITS_DOUBLE]].tolist() == [TWICE, TWICE]
    return Engine(Version(version.manifest, {**version.components, "movies": catalogue}))


def test_of_a_movie_that_is_there_twice_one_is_listed(engine_with_a_double: Engine) -> None:
    for profile in (UNKNOWN_USER, UserProfile(taste_of({10: 5.0}), NO_ROWS)):
        for diversity in (0.0, 0.5):
            listed = rows_of(ids(engine_with_a_double.recommend(profile, Query(k=100, diversity=diversity)))).tolist()
            assert TWICE in listed
            assert ITS_DOUBLE not in listed
    most_rated = engine_with_a_double.most_rated(Filters()).tolist()
    assert TWICE in most_rated
    assert ITS_DOUBLE not in most_rated


@pytest.mark.parametrize("strategy", [Strategy.HYBRID, Strategy.COLLABORATIVE, Strategy.CONTENT])
def test_who_dealt_with_one_of_the_two_gets_neither(engine_with_a_double: Engine, strategy: Strategy) -> None:
    hidden = np.array([ITS_DOUBLE], np.int32)
    for profile in (
        UserProfile(taste_of({ITS_DOUBLE: 5.0, 10: 4.0}), NO_ROWS),
        UserProfile(taste_of({TWICE: 5.0, 10: 4.0}), NO_ROWS),
        UserProfile(taste_of({10: 4.0}), hidden),
        UserProfile(EMPTY_TASTE, hidden),
    ):
        listed = rows_of(ids(engine_with_a_double.recommend(profile, Query(k=100, strategy=strategy)))).tolist()
        assert listed
        assert {TWICE, ITS_DOUBLE}.isdisjoint(listed)


@pytest.mark.parametrize("by", [Strategy.HYBRID, Strategy.COLLABORATIVE, Strategy.CONTENT])
def test_neither_of_the_two_is_similar_to_the_other(engine_with_a_double: Engine, by: Strategy) -> None:
    def similar(row: int) -> set[int]:
        found = engine_with_a_double.similar(row, k=100, by=by)
        return set(rows_of([one.movie.movie_id for one in found]).tolist())

    assert {TWICE, ITS_DOUBLE}.isdisjoint(similar(TWICE))
    assert {TWICE, ITS_DOUBLE}.isdisjoint(similar(ITS_DOUBLE))
    assert ITS_DOUBLE not in similar(10)
    assert TWICE in similar(10)


def test_of_many_movies_that_are_rated_as_often_the_lower_row_comes_first(
    world_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = [Movie(number, "x") for number in range(1, 1001)]
    counts = np.random.default_rng(1).integers(0, 3, len(many))
    catalogue = Catalogue.of(many, world_of(many, {"1": {1: 4.0}}).interactions)
    catalogue.fame = counts
    monkeypatch.setattr(world_engine, "catalogue", catalogue)
    expected = sorted(range(len(many)), key=lambda row: (-int(counts[row]), row))
    assert world_engine.most_rated(Filters()).tolist() == expected


def without_its_last_vector(hybrid: Component) -> Component:
    state = hybrid.state()
    vectors = state.arrays["collaborative/vectors"][:-1]
    return Hybrid.from_state(State(state.config, {**state.arrays, "collaborative/vectors": vectors}))


def of_a_user_who_is_not_there(history: Component) -> Component:
    state = history.state()
    return History.from_state(State(state.config, {**state.arrays, "users": state.arrays["users"] + 1000}))


def of_more_movies(_titles: Component) -> Component:
    return TitleIndex.of([Movie(number, f"Alien {number}") for number in range(1, 200)])


@pytest.mark.parametrize(
    ("name", "damage"),
    [("hybrid", without_its_last_vector), ("history", of_a_user_who_is_not_there), ("titles", of_more_movies)],
)
def test_every_kind_of_answer_is_tried_when_the_engine_is_made(
    world_registry: Registry, name: str, damage: Callable[[Component], Component]
) -> None:
    """Each of these recommends as ever, and fails at similar movies, at a user of the dataset, or at a search."""
    version = world_registry.open(world_registry.production())
    held = {**version.components, name: damage(version.components[name])}
    with pytest.raises(DamagedVersionError, match="do not fit together"):
        Engine(Version(version.manifest, held))
