from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsvc.errors import RegistryError
from recsvc.registry.aliases import AliasLog
from recsvc.registry.store import Registry
from tests.unit.registry.drafts import draft, promote


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(tmp_path / "artifacts")


@pytest.fixture
def three(registry: Registry) -> list[str]:
    """Three versions, each promoted after the other."""
    versions = [registry.publish(draft()).version for _ in range(3)]
    for version in versions:
        promote(registry, version)
    return versions


def append(log: AliasLog, *versions: str, alias: str = "production") -> None:
    for version in versions:
        log.append(alias, version, action="promote", who="ann", why="")


def test_the_last_line_of_an_alias_holds(tmp_path: Path) -> None:
    log = AliasLog(tmp_path / "aliases.jsonl")
    assert log.current() is None
    assert log.entries() == []
    append(log, "a", "b")
    append(log, "c", alias="staging")
    assert (log.current(), log.current("staging"), log.current("other")) == ("b", "c", None)


def test_a_line_says_when_what_who_and_why(tmp_path: Path) -> None:
    log = AliasLog(tmp_path / "aliases.jsonl")
    before = datetime.now(UTC)
    entry = log.append("production", "a", action="promote", who="ann\n", why='"quoted" and\nbroken\u2028 ü')
    assert log.entries() == [entry]
    assert len(log.path.read_bytes().split(b"\n")) == 2
    assert before <= entry.time <= datetime.now(UTC)
    assert (entry.alias, entry.version, entry.who) == ("production", "a", "ann\n")
    assert entry.why == '"quoted" and\nbroken\u2028 ü'


@pytest.mark.parametrize("torn", [b"{", b'{"time":"2026-11-20T10:15:00Z","alias":"production","ver', b"\xff"])
def test_a_torn_last_line_does_not_count_and_is_repaired(tmp_path: Path, torn: bytes) -> None:
    log = AliasLog(tmp_path / "aliases.jsonl")
    append(log, "a", "b")
    whole = log.path.read_bytes()
    log.path.write_bytes(whole + torn)
    assert log.current() == "b"
    append(log, "c")
    assert log.path.read_bytes().startswith(whole)
    assert torn not in log.path.read_bytes()[len(whole) :].splitlines()
    assert [entry.version for entry in log.entries()] == ["a", "b", "c"]


def test_a_last_line_that_lost_its_end_was_never_acknowledged(tmp_path: Path) -> None:
    log = AliasLog(tmp_path / "aliases.jsonl")
    append(log, "a", "b")
    log.path.write_bytes(log.path.read_bytes()[:-1])
    assert log.current() == "a"
    append(log, "c")
    assert [entry.version for entry in log.entries()] == ["a", "c"]


def test_a_broken_line_in_the_middle_is_named(tmp_path: Path) -> None:
    log = AliasLog(tmp_path / "aliases.jsonl")
    append(log, "a", "b")
    first, second, _ = log.path.read_bytes().split(b"\n")
    log.path.write_bytes(b"\n".join([first, b"{}", second, b""]))
    with pytest.raises(RegistryError, match=r"aliases\.jsonl:2: "):
        log.current()


def test_rollback_goes_one_back_each_time(registry: Registry, three: list[str]) -> None:
    first, second, third = three
    entry = registry.aliases.roll_back(who="bob", why="it was slow")
    assert (entry.version, entry.who) == (second, "bob")
    assert third in entry.why
    assert "it was slow" in entry.why
    assert registry.aliases.roll_back(who="bob", why="").version == first
    assert registry.production() == first
    with pytest.raises(RegistryError, match="production has no earlier version"):
        registry.aliases.roll_back(who="bob", why="")
    assert registry.production() == first
    assert len(registry.aliases.entries()) == 5


def test_after_a_rollback_a_promotion_goes_forward(registry: Registry, three: list[str]) -> None:
    first, second, third = three
    registry.aliases.roll_back(who="bob", why="")
    promote(registry, first)
    assert registry.aliases.roll_back(who="bob", why="").version == second
    promote(registry, third)
    assert registry.aliases.roll_back(who="bob", why="").version == second
    assert registry.aliases.roll_back(who="bob", why="").version == first


def test_there_is_nothing_before_the_first(registry: Registry) -> None:
    registry.folder.mkdir()
    with pytest.raises(RegistryError, match="no earlier version"):
        registry.aliases.roll_back(who="bob", why="")
    assert list(registry.folder.iterdir()) == []  # not even an empty log
    version = registry.publish(draft()).version
    for _ in range(2):  # promoting what is in production already is no step
        promote(registry, version)
        with pytest.raises(RegistryError, match="no earlier version"):
            registry.aliases.roll_back(who="bob", why="")
    assert registry.production() == version


def test_aliases_roll_back_apart(tmp_path: Path) -> None:
    log = AliasLog(tmp_path / "aliases.jsonl")
    append(log, "a", "b")
    append(log, "c", "d", alias="staging")
    assert log.roll_back("staging", who="bob", why="").version == "c"
    assert (log.current(), log.current("staging")) == ("b", "c")
    assert log.roll_back(who="bob", why="").version == "a"


@pytest.mark.parametrize("why", ["rollback was the wrong word", "rollback from b", "rollback from b: it was slow"])
def test_the_words_of_a_promotion_are_not_taken_for_a_rollback(tmp_path: Path, why: str) -> None:
    log = AliasLog(tmp_path / "aliases.jsonl")
    append(log, "a", "b")
    log.append("production", "a", action="promote", who="ann", why=why)
    assert log.roll_back(who="bob", why="").version == "b"
    assert [entry.action for entry in log.entries()] == ["promote", "promote", "promote", "rollback"]


def test_lines_without_an_action_are_read_as_the_release_that_wrote_them_did(tmp_path: Path) -> None:
    log = AliasLog(tmp_path / "aliases.jsonl")
    append(log, "a", "b", "c")
    log.roll_back(who="bob", why="it was slow")
    old = [entry.model_dump(mode="json", exclude={"action", "weight"}) for entry in log.entries()]
    log.path.write_text("".join(f"{json.dumps(line)}\n" for line in old))
    assert [entry.action for entry in log.entries()] == [None] * 4
    assert log.before() == "a"
    assert log.roll_back(who="bob", why="").version == "a"


@given(steps=st.lists(st.sampled_from(["a", "b", "c", "d", None]), max_size=12))
@settings(deadline=None, max_examples=50)
def test_rollback_is_undoing_whatever_was_promoted(
    tmp_path_factory: pytest.TempPathFactory, steps: list[str | None]
) -> None:
    log = AliasLog(tmp_path_factory.mktemp("log") / "aliases.jsonl")
    history: list[str] = []
    for step in steps:
        if step is not None:
            append(log, step)
            if history[-1:] != [step]:
                history.append(step)
        elif len(history) < 2:
            with pytest.raises(RegistryError, match="no earlier"):
                log.roll_back(who="bob", why="")
        else:
            history.pop()
            assert log.before() == history[-1]
            assert log.roll_back(who="bob", why="").version == history[-1]
        assert log.current() == (history[-1] if history else None)


def test_nothing_is_promoted_onto_a_broken_log(registry: Registry, three: list[str]) -> None:
    promote(registry, three[0])
    log = registry.aliases.path
    log.write_text(log.read_text() + "\ngarbage\n")
    before = log.read_bytes()
    with pytest.raises(RegistryError, match=r"aliases\.jsonl:\d+: not an alias entry"):
        promote(registry, three[1])
    with pytest.raises(RegistryError, match=r"aliases\.jsonl:\d+: not an alias entry"):
        registry.aliases.roll_back(who="ann", why="")
    assert log.read_bytes() == before
    log.write_text(before.decode().replace("garbage\n", ""))  # the blank line may stay
    assert registry.production() == three[0]


def challenge(log: AliasLog, version: str, weight: float) -> None:
    log.append("challenger", version, action="challenge", who="ann", why="", weight=weight)


def held(log: AliasLog) -> tuple[str, float]:
    found = log.challenge()
    assert found is not None
    return found.version, found.weight


def test_a_challenge_counts_from_when_its_two_versions_first_met(tmp_path: Path) -> None:
    log = AliasLog(tmp_path / "aliases.jsonl")
    append(log, "a")
    for version, weight in (("b", 0.1), ("b", 0.3), ("c", 0.1), ("c", 0.2)):
        challenge(log, version, weight)
    append(log, "a")
    append(log, "d")
    challenge(log, "c", 0.3)
    times = [entry.time for entry in log.entries()]

    def since(lines: int) -> datetime:
        part = AliasLog(tmp_path / f"{lines}.jsonl")
        part.path.write_text("".join(log.path.read_text().splitlines(keepends=True)[:lines]))
        found = part.challenge()
        assert found is not None
        return found.since

    assert [since(lines) for lines in range(2, 9)] == [times[at] for at in (1, 1, 3, 3, 5, 6, 6)]


def test_the_last_line_says_who_challenges_for_which_share(tmp_path: Path) -> None:
    log = AliasLog(tmp_path / "aliases.jsonl")
    append(log, "a")
    assert log.challenge() is None
    for version, weight in (("b", 0.1), ("b", 0.3), ("c", 1.0)):
        challenge(log, version, weight)
        assert held(log) == (version, weight)
    challenge(log, "c", 0)
    assert log.challenge() is None
    assert [entry.weight for entry in log.entries()] == [None, 0.1, 0.3, 1, 0]
    assert log.current() == "a"


def test_a_challenge_ends_when_the_challenger_is_promoted(tmp_path: Path) -> None:
    log = AliasLog(tmp_path / "aliases.jsonl")
    append(log, "a")
    challenge(log, "b", 0.3)
    append(log, "b")
    assert log.challenge() is None
    challenge(log, "a", 0.5)
    assert held(log) == ("a", 0.5)


@pytest.mark.parametrize("way", ["rolled back", "another promoted"])
def test_a_challenge_that_ended_does_not_begin_again_by_itself(tmp_path: Path, way: str) -> None:
    """Who goes back from a bad version does not want it to answer anyone."""
    log = AliasLog(tmp_path / "aliases.jsonl")
    append(log, "a")
    challenge(log, "b", 0.3)
    append(log, "b")
    if way == "rolled back":
        log.roll_back(who="bob", why="it was bad")
    else:
        append(log, "c")
    assert log.challenge() is None


def test_a_challenge_goes_on_when_another_version_is_promoted(tmp_path: Path) -> None:
    log = AliasLog(tmp_path / "aliases.jsonl")
    append(log, "a")
    challenge(log, "b", 0.3)
    append(log, "c")
    assert held(log) == ("b", 0.3)


def test_challenges_are_no_steps_that_a_rollback_undoes(registry: Registry, three: list[str]) -> None:
    first, second, third = three
    challenge(registry.aliases, first, 0.3)
    assert registry.aliases.roll_back(who="bob", why="").version == second
    challenge(registry.aliases, third, 0.3)
    challenge(registry.aliases, third, 0)
    assert registry.aliases.roll_back(who="bob", why="").version == first
    assert registry.production() == first


def test_a_log_from_before_there_were_challenges_is_read_and_written_on(tmp_path: Path) -> None:
    log = AliasLog(tmp_path / "aliases.jsonl")
    line = '{"time":"2026-11-20T10:15:00Z","alias":"production","version":"a","who":"ann","why":"better"}\n'
    log.path.write_text(line)
    assert (log.current(), log.challenge()) == ("a", None)
    append(log, "b")
    content = log.path.read_text()
    assert content.startswith(line)
    assert "weight" not in content  # what an older release can read stays so as long as nothing challenges
    challenge(log, "a", 0.5)
    assert (log.current(), held(log)) == ("b", ("a", 0.5))


def test_a_rollback_that_came_second_does_not_go_one_further(tmp_path: Path) -> None:
    log = AliasLog(tmp_path / "aliases.jsonl")
    for version in ("one", "two", "three"):
        log.append("production", version, action="promote", who="", why="")
    assert log.before() == "two"
    log.roll_back(to="two", who="", why="")
    with pytest.raises(RegistryError, match="goes to one now, not to two"):
        log.roll_back(to="two", who="", why="")
    assert log.current() == "two"
