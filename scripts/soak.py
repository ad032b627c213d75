"""Kills, cases of Schemathesis, replicas beside a model, promotions under load, and bounds, at full length.

A version of the sample is trained for it. PostgreSQL takes part if a server is where the tests look for one. All times
are ratios, since the machine may be busy with something else; progress goes to the standard error.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from bounds import BOUNDS
from tests.callers import ADMIN
from tests.databases import SERVER_URL, new_database, why_not
from tests.e2e.cases import ALL_CALLERS, trying
from tests.e2e.processes import Service, serving
from tests.e2e.replicas import follow, two_replicas
from tests.e2e.writers import kill_while_rating
from tests.versions import publish_again, trained

from recsvc.registry.store import Registry

EXAMPLES = 10
"""Of each operation in the fuzzing phase, and scenarios, for one caller and seed."""
RUNS, STEPS = 10, 50
"""Of the model between two lines of progress, and of a run."""
READERS = 4
Figures = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Soak:
    """Where it happens, and how much of each part."""

    folder: Path
    artifacts: Path
    kills: int
    cases: int
    runs: int
    promotions: int

    def place(self) -> Path:
        """Return a folder of its own for a service."""
        return Path(tempfile.mkdtemp(dir=self.folder))

    @contextmanager
    def databases(self) -> Iterator[dict[str, str]]:
        """The URL of a fresh database of each kind that there is."""
        urls = {"SQLite": f"sqlite:///{self.place()}/recsvc.db"}
        if why_not(SERVER_URL):
            yield urls
        else:
            with new_database() as url:
                yield urls | {"PostgreSQL": url}


def tell(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def kills(soak: Soak) -> Figures:
    """Kill a service in a burst of ratings, and count what it acknowledged and lost."""
    found = {}
    with soak.databases() as urls:
        for kind, url in urls.items():
            killed = kill_while_rating(soak.place(), soak.artifacts, url, kills=soak.kills)
            found[kind] = {"kills": killed.kills, "acknowledged": killed.acknowledged, "lost": len(killed.lost)}
            tell(f"kills, {kind}: {found[kind]}")
    return found


def cases(soak: Soak) -> Figures:
    """Send cases of Schemathesis from every caller, with one seed after the other, until there are enough."""
    sent: dict[str, int] = {}
    failures: list[str] = []
    seed = 0
    with trying(soak.place(), soak.artifacts, exposed=1) as exposed, trying(soak.place(), soak.artifacts) as local:
        asked = [(caller, exposed, caller) for caller in ALL_CALLERS] + [("nobody, not exposed", local, "nobody")]
        while sum(sent.values()) < soak.cases:
            seed += 1
            for label, ask, caller in asked:
                tried = ask(caller, seed, EXAMPLES)
                sent[label] = sent.get(label, 0) + tried.sent
                failures += [f"seed {seed}, {label}: {failure}" for failure in tried.failures]
                tell(f"cases, seed {seed}, {label}: {sum(sent.values()):,} of {soak.cases:,}, {len(failures)} failed")
    for failure in failures:
        tell(failure)
    return {"sent": sent, "seeds": seed, "failures": failures}


def replicas(soak: Soak) -> Figures:
    """Compare two replicas with a model; whatever differs ends it with the shortest way to it."""
    found = {}
    with soak.databases() as urls:
        for kind, url in urls.items():
            with two_replicas(soak.place(), soak.artifacts, url) as pair:
                for begun in range(0, soak.runs, RUNS):
                    follow(pair, runs=min(RUNS, soak.runs - begun), steps=STEPS)
                    tell(f"replicas, {kind}: {pair.followed.total():,} steps")
                found[kind] = dict(pair.followed)
    return found


def promotions(soak: Soak) -> Figures:
    """Promote one of two versions after the other while readers ask, and compare each answer with those of the two."""
    path, counts, failures = "/recommend?user_id=sample:7&k=100", [0] * READERS, list[str]()
    place, versions = soak.place(), Registry(soak.artifacts).names()[:2]
    database = f"sqlite:///{place}/recsvc.db"
    with serving(
        place, artifacts_dir=soak.artifacts, database_url=database, admin_key=ADMIN["X-Admin-Key"], log_level="error"
    ) as service:
        whole = [promoted(service, version).get(path).content for version in versions]
        mixed, end = [0] * READERS, threading.Event()

        def read(number: int) -> None:
            with httpx.Client(base_url=f"http://127.0.0.1:{service.port}", verify=False, timeout=30) as client:
                while not end.is_set():
                    response = client.get(path)
                    counts[number] += 1
                    mixed[number] += response.is_success and response.content not in whole
                    if not response.is_success:
                        failures.append(response.text)

        threads = [threading.Thread(target=read, args=[number]) for number in range(READERS)]
        for thread in threads:
            thread.start()
        for number in range(soak.promotions):
            promoted(service, versions[number % 2])
        end.set()
        for thread in threads:
            thread.join()
    assert whole[0] != whole[1]
    tell(f"promotions: {soak.promotions}, {sum(counts):,} requests, {len(failures)} failed, {sum(mixed)} mixed")
    return {"promotions": soak.promotions, "requests": sum(counts), "failed": len(failures), "mixed": sum(mixed)}


def promoted(service: Service, version: str) -> httpx.Client:
    service.client.post(f"/models/{version}/promote", headers=ADMIN).raise_for_status()
    return service.client


def bounds(soak: Soak) -> Figures:
    """Measure every bound on a service of its own; see `bounds.py`."""
    found = {}
    for name, measure in BOUNDS.items():
        found[name] = measure(soak.place(), soak.artifacts)
        tell(f"bounds, {name}: {found[name]}")
    return found


PARTS: dict[str, Callable[[Soak], Figures]] = {
    part.__name__: part for part in (kills, cases, replicas, promotions, bounds)
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[[], *PARTS], help="what to do; all of it unless named")
    parser.add_argument("--kills", type=int, default=50, help="of a service on each kind of database")
    parser.add_argument("--cases", type=int, default=20_000, help="of Schemathesis, at least")
    parser.add_argument("--runs", type=int, default=30, help="of the model, on each kind of database")
    parser.add_argument("--promotions", type=int, default=100, help="while readers ask")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        artifacts = Path(name) / "trained"
        tell("training a version of the sample")
        trained("sample", artifacts)
        publish_again(artifacts)
        soak = Soak(Path(name), artifacts, options.kills, options.cases, options.runs, options.promotions)
        found = {part: PARTS[part](soak) for part in options.parts or PARTS}
    print(json.dumps(found, indent=None if options.json else 2, ensure_ascii=False))
    if wrong := went_wrong(found):
        raise SystemExit(f"{wrong} ratings, cases or answers were not as they should be")


def went_wrong(found: Figures) -> int:
    """Return how much was lost, failed or mixed; where replicas differ from the model, that ended it already."""
    switched = found.get("promotions", {"failed": 0, "mixed": 0})
    counts: list[int] = [one["lost"] for one in found.get("kills", {}).values()]
    counts += [len(found.get("cases", {"failures": ()})["failures"]), switched["failed"], switched["mixed"]]
    return sum(counts)


if __name__ == "__main__":
    main()
