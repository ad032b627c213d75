"""Two replicas on one database and one registry, what two visitors and an operator do, and a plain model of it."""

from __future__ import annotations

import shutil
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import httpx
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from recsvc.registry.store import Registry
from tests.callers import ADMIN, bearer
from tests.e2e.processes import serving
from tests.versions import publish_again

SECONDS_TO_RELOAD = 0.05
MOST_SECONDS = 20.0
"""So long another replica may take to load what was promoted, on a machine that is busy with other tests."""
UNKNOWN_MOVIE = 9999
Feedback = tuple[str, float | None]
BODIES: dict[Feedback, dict[str, Any]] = {
    **{("rating", halves / 2): {"rating": halves / 2} for halves in range(1, 11)},
    ("liked", None): {"liked": True},
    ("disliked", None): {"liked": False},
    ("seen", None): {"seen": True},
    ("not_interested", None): {"not_interested": True},
}
IN_A_TASTE = {"rating", "liked", "disliked"}
SIDES = st.integers(0, 1)
MOVIES = st.integers(1, 12)
FEEDBACK = st.sampled_from(list(BODIES))
VERSIONS = st.integers(0, 2)


@dataclass(frozen=True, slots=True)
class Replicas:
    """Clients of the two processes, the versions of the registry, and how often each rule was followed."""

    clients: tuple[httpx.Client, httpx.Client]
    versions: list[str]
    followed: Counter[str] = field(default_factory=Counter)

    def ask(self, side: int, method: str, path: str, status: int, **more: Any) -> Any:
        response = self.clients[side].request(method, path, **more)
        assert response.status_code == status, f"{method} {path}: {response.status_code} {response.text}"
        return response.json() if response.content else None


@contextmanager
def two_replicas(folder: Path, registry: Path, database_url: str) -> Iterator[Replicas]:
    """Serve a copy of a registry of two versions, and a third one, twice."""
    artifacts = Path(shutil.copytree(registry, folder / "artifacts"))
    publish_again(artifacts)
    settings = {"artifacts_dir": artifacts, "database_url": database_url, "admin_key": ADMIN["X-Admin-Key"]}
    settings |= {"reload_seconds": SECONDS_TO_RELOAD, "log_level": "error"}
    with serving(folder, **settings) as one, serving(folder, **settings) as other:
        yield Replicas((one.client, other.client), Registry(artifacts).names())


@dataclass(slots=True)
class Visitor:
    """A visitor, and what must be stored of them."""

    user_id: str
    headers: dict[str, str]
    said: dict[int, Feedback] = field(default_factory=dict)


class ReplicasMachine(RuleBasedStateMachine):
    """The model: what each visitor said, the versions that were in production, and the challenger with its weight."""

    replicas: ClassVar[Replicas]

    def __init__(self) -> None:
        super().__init__()
        self.served: list[str] = []
        self.challenger: tuple[str, float] | None = None
        self.visitors: list[Visitor] = []

    @initialize()
    def begin(self) -> None:
        first = self.replicas.versions[0]
        self.replicas.ask(0, "POST", f"/models/{first}/promote", 200, headers=ADMIN)
        for item in self.replicas.ask(0, "GET", "/models", 200)["items"]:
            if item["challenger"]:
                self._challenge(0, item["version"], 0, 200)
        self.served = [first]
        self.visitors = [self._visitor(side) for side in (0, 1)]
        self._settle()

    def _visitor(self, side: int) -> Visitor:
        begun = self.replicas.ask(side, "POST", "/session", 201)
        return Visitor(begun["user_id"], bearer(begun["token"]))

    def _challenge(self, side: int, version: str, weight: float, status: int) -> None:
        path = f"/models/{version}/challenge"
        self.replicas.ask(side, "POST", path, status, headers=ADMIN, json={"weight": weight})

    @property
    def may_serve(self) -> set[str]:
        return {self.served[-1], *([] if self.challenger is None else [self.challenger[0]])}

    def _settle(self) -> None:
        """Wait until both processes serve what they should, and answer each visitor from the same version."""
        deadline = time.monotonic() + MOST_SECONDS
        while not self._is_settled():
            assert time.monotonic() < deadline, "the replicas serve other versions than they should"

    def _is_settled(self) -> bool:
        for side in (0, 1):
            items = self.replicas.ask(side, "GET", "/models", 200)["items"]
            if {item["version"] for item in items if item["serving"]} != self.may_serve:
                return False
        return all(len({self._listed(side, one)["model_version"] for side in (0, 1)}) == 1 for one in self.visitors)

    def _listed(self, side: int, visitor: Visitor) -> Any:
        return self.replicas.ask(
            side, "GET", "/recommend", 200, params={"k": 100, "explain": False}, headers=visitor.headers
        )

    @rule(side=SIDES, who=SIDES, movie_id=MOVIES, feedback=FEEDBACK)
    def rate(self, side: int, who: int, movie_id: int, feedback: Feedback) -> None:
        visitor = self.visitors[who]
        body = {"movie_id": movie_id, **BODIES[feedback]}
        self.replicas.ask(
            side, "POST", "/rate", 200 if movie_id in visitor.said else 201, headers=visitor.headers, json=body
        )
        visitor.said[movie_id] = feedback
        self.replicas.followed["rate"] += 1

    @rule(side=SIDES, who=SIDES, said=st.dictionaries(MOVIES, FEEDBACK, min_size=1, max_size=6), first=st.booleans())
    def rate_batch(self, side: int, who: int, said: dict[int, Feedback], first: bool) -> None:
        """A batch with two records that cannot be stored, before or after the others."""
        visitor = self.visitors[who]
        good = [{"movie_id": movie_id, **BODIES[feedback]} for movie_id, feedback in said.items()]
        bad = [{"movie_id": UNKNOWN_MOVIE, "rating": 4.0}, {"movie_id": 1, "rating": 7}]
        of_good, of_bad = [200 if movie_id in visitor.said else 201 for movie_id in said], [404, 422]
        body = {"ratings": bad + good if first else good + bad}
        found = self.replicas.ask(side, "POST", "/rate/batch", 200, headers=visitor.headers, json=body)
        statuses = [result["status"] for result in found["results"]]
        assert statuses == (of_bad + of_good if first else of_good + of_bad)
        visitor.said |= said
        self.replicas.followed["rate_batch"] += 1

    @rule(side=SIDES, who=SIDES, movie_id=MOVIES)
    def undo(self, side: int, who: int, movie_id: int) -> None:
        visitor = self.visitors[who]
        status = 204 if visitor.said.pop(movie_id, None) else 404
        self.replicas.ask(side, "DELETE", "/rate", status, headers=visitor.headers, params={"movie_id": movie_id})
        self.replicas.followed["undo"] += 1

    @precondition(lambda self: all(len(one.said) > 1 for one in self.visitors))
    @rule(side=SIDES, who=SIDES)
    def erase(self, side: int, who: int) -> None:
        """Both refuse the token from then on, and whoever comes again is another visitor."""
        visitor = self.visitors[who]
        self.replicas.ask(side, "DELETE", f"/users/{visitor.user_id}", 204, headers=visitor.headers)
        for each in (0, 1):
            self.replicas.ask(each, "GET", "/recommend", 401, headers=visitor.headers)
        self.visitors[who] = self._visitor(side)
        self.replicas.followed["erase"] += 1

    @rule(side=SIDES, at=VERSIONS)
    def promote(self, side: int, at: int) -> None:
        version = self.replicas.versions[at]
        self.replicas.ask(side, "POST", f"/models/{version}/promote", 200, headers=ADMIN)
        if self.served[-1] != version:
            self.served.append(version)
        self._end_challenge_of_production()
        self.replicas.followed["promote"] += 1

    @precondition(lambda self: len(self.served) > 1)
    @rule(side=SIDES)
    def roll_back(self, side: int) -> None:
        self.replicas.ask(side, "POST", "/models/rollback", 200, headers=ADMIN)
        self.served.pop()
        self._end_challenge_of_production()
        self.replicas.followed["roll_back"] += 1

    def _end_challenge_of_production(self) -> None:
        if self.challenger is not None and self.challenger[0] == self.served[-1]:
            self.challenger = None
        self._settle()

    @rule(side=SIDES, at=VERSIONS, weight=st.sampled_from([0.0, 0.5, 1.0]))
    def challenge(self, side: int, at: int, weight: float) -> None:
        version = self.replicas.versions[at]
        is_challenger = self.challenger is not None and self.challenger[0] == version
        allowed = version != self.served[-1] if weight else is_challenger
        self._challenge(side, version, weight, 200 if allowed else 409)
        if allowed:
            self.challenger = (version, weight) if weight else None
        self._settle()
        self.replicas.followed["challenge"] += 1

    @invariant()
    def both_tell_what_was_said(self) -> None:
        for visitor in self.visitors:
            path = f"/users/{visitor.user_id}/ratings"
            one, other = (
                self.replicas.ask(side, "GET", path, 200, params={"k": 100}, headers=visitor.headers) for side in (0, 1)
            )
            assert one == other
            assert {item["movie_id"]: (item["kind"], item["rating"]) for item in one["items"]} == visitor.said

    @invariant()
    def both_recommend_the_same_and_nothing_that_was_said(self) -> None:
        for visitor in self.visitors:
            one, other = (self._listed(side, visitor) for side in (0, 1))
            assert one == other
            assert one["model_version"] in self.may_serve
            if self.challenger is not None and self.challenger[1] == 1:
                assert one["model_version"] == self.challenger[0]
            found = {item["movie"]["movie_id"] for item in one["items"]}
            assert len(found) == len(one["items"]) > 0
            assert not found & visitor.said.keys()
            has_taste = any(kind in IN_A_TASTE for kind, _ in visitor.said.values())
            assert (one["strategy"] != "popular") == has_taste


def follow(replicas: Replicas, *, runs: int, steps: int) -> None:
    """Let the model and the replicas go through so many runs of so many steps; the shortest that differs is shown."""

    class Machine(ReplicasMachine):
        pass

    Machine.replicas = replicas
    health = (HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large)
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=runs, stateful_step_count=steps, deadline=None, database=None, suppress_health_check=health
        ),
    )
