"""What docs/security.md bounds, measured on services that run: each in a process of its own, as ratios and bytes."""

from __future__ import annotations

import json
import resource
import select
import socket
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import httpx
from tests.callers import ADMIN, bearer
from tests.databases import SERVER_URL, new_database, why_not
from tests.e2e.processes import Service, serving
from tests.frozen import behind_a_proxy

from recsvc.registry.store import Registry

JSON = {"content-type": "application/json"}
LIVE = "/health/live"
DATABASE_SECONDS = 1.0
Figures = dict[str, Any]
T = TypeVar("T")


@contextmanager
def measured(place: Path, artifacts: Path, **settings: object) -> Iterator[Service]:
    database = settings.pop("database_url", f"sqlite:///{place}/recsvc.db")
    with serving(
        place, artifacts_dir=artifacts, database_url=database, admin_key=ADMIN["X-Admin-Key"], **settings
    ) as service:
        for _ in range(20):
            service.client.get("/recommend").raise_for_status()
        yield service


def memory(service: Service, kind: str = "VmRSS") -> int:
    """Return the memory of a service in kB; `VmHWM` is the most that it had since `forget_peak`."""
    lines = Path(f"/proc/{service.process.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{kind}:"))


def forget_peak(service: Service) -> None:
    Path(f"/proc/{service.process.pid}/clear_refs").write_text("5")


def timed(call: Callable[[], T]) -> tuple[T, float]:
    """Return what a call returns, and how many seconds it took."""
    began = time.perf_counter()
    returned = call()
    return returned, time.perf_counter() - began


def seconds(call: Callable[[], object]) -> float:
    return timed(call)[1]


def longest_wait(service: Service, call: Callable[[], object]) -> float:
    """Return the longest that another client waited for a probe while something was asked, in seconds."""
    waits, end = [0.0], threading.Event()

    def probe() -> None:
        with httpx.Client(base_url=f"http://127.0.0.1:{service.port}", verify=False, timeout=60) as client:
            while not end.is_set():
                waits.append(seconds(lambda: client.get(LIVE).raise_for_status()))

    thread = threading.Thread(target=probe)
    thread.start()
    time.sleep(0.2)
    call()
    end.set()
    thread.join()
    return max(waits)


def fastest(call: Callable[[], object], times: int = 50) -> float:
    """Return the least seconds of a call, which has least of what else the machine does."""
    return min(seconds(call) for _ in range(times))


def bad_body(place: Path, artifacts: Path) -> Figures:
    """A body of 150,000 unknown keys: the wait of others, in times of what reading it as JSON takes; the answer."""
    content = json.dumps({f"key{number}": 1 for number in range(150_000)}, separators=(",", ":")).encode()
    with measured(place, artifacts, max_body_bytes=len(content)) as service:
        answer = service.client.post("/recommend", content=content, headers=JSON)
        assert answer.status_code == 422
        waits = [
            longest_wait(service, lambda: service.client.post("/recommend", content=content, headers=JSON))
            for _ in range(5)
        ]
    parsing = fastest(lambda: json.loads(content), 9)
    return {"wait": min(waits) / parsing, "answer_bytes": len(answer.content)}


def endless_head(place: Path, artifacts: Path) -> Figures:
    """A first line and headers without end, ten at once: the answer, what was read of each, and the memory."""
    found = {}
    with measured(place, artifacts) as service:
        before = memory(service)
        for name, begin in (("line", b"GET /"), ("headers", b"GET / HTTP/1.1\r\nhost: localhost\r\nlong: ")):
            statuses, sent = Counter[str](), []
            for _ in range(10):
                status, count = endless(service.port, begin)
                statuses[status] += 1
                sent.append(count)
            found[name] = {"statuses": dict(statuses), "sent": max(sent)}
        return {**found, "memory": memory(service) / before}


def endless(port: int, begin: bytes) -> tuple[str, int]:
    """Send a head that does not end; return the status of the answer and how many bytes could be sent before it."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as raw:
        raw.sendall(begin)
        sent = len(begin)
        while sent < 50_000_000 and not select.select([raw], [], [], 0.001)[0]:
            sent += raw.send(b"x" * 1024)
        return raw.recv(65_536)[9:12].decode(), sent


def idle_connections(place: Path, artifacts: Path) -> Figures:
    """2,000 connections on which nothing is sent: how others are served meanwhile, relative to before."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    with measured(place, artifacts) as service, ExitStack() as idle:

        def ask() -> None:
            service.client.get("/recommend").raise_for_status()

        alone, before = fastest(ask), memory(service)
        for _ in range(2000):
            idle.enter_context(socket.create_connection(("127.0.0.1", service.port)))
        while len(list(Path(f"/proc/{service.process.pid}/fd").iterdir())) < 2000:
            time.sleep(0.05)
        return {"connections": 2000, "time": fastest(ask) / alone, "memory": memory(service) / before}


def deep_pages(place: Path, artifacts: Path) -> Figures:
    """Pages with diversity: the first and the deepest one, relative to the first without."""
    with measured(place, artifacts) as service:

        def page(query: str) -> float:
            return fastest(lambda: service.client.get(f"/recommend?user_id=sample:7&k=100{query}").raise_for_status())

        plain = page("")
        return {"first": page("&diversity=0.5") / plain, "deepest": page("&diversity=0.5&offset=1000") / plain}


def floods(place: Path, artifacts: Path) -> Figures:
    """A visitor who sends batches and events without a pause where limits hold: what is refused, and the memory."""
    found = {}
    for path in ("/rate/batch", "/events"):
        with measured(place, artifacts, exposed=1) as service:
            headers = bearer(service.client.post("/session").raise_for_status().json()["token"])
            listed = service.client.get("/recommend", headers=headers).raise_for_status().json()
            movies = [item["movie"]["movie_id"] for item in listed["items"]] * 10
            token = listed["recommendation_id"]
            body = {
                "/rate/batch": {"ratings": [{"movie_id": movie_id, "rating": 4.0} for movie_id in movies]},
                "/events": {
                    "events": [
                        {"type": "shown", "movie_id": movie_id, "recommendation_id": token} for movie_id in movies
                    ]
                },
            }[path]
            before = memory(service)
            responses = [service.client.post(path, json=body, headers=headers) for _ in range(1000)]
            statuses = Counter(str(response.status_code) for response in responses)
            found[path] = {"statuses": dict(statuses), "memory": memory(service) / before}
    return found


def promotions_at_once(place: Path, artifacts: Path) -> Figures:
    """20 promotions at once: the most memory of the process, relative to that of one promotion."""
    versions = Registry(artifacts).names()
    with measured(place, artifacts) as service:

        def promote(number: int) -> None:
            path = f"/models/{versions[number % len(versions)]}/promote"
            httpx.post(f"http://127.0.0.1:{service.port}{path}", headers=ADMIN, timeout=120).raise_for_status()

        for number in range(4):
            promote(number)
        forget_peak(service)
        promote(0)
        promote(1)
        one = memory(service, "VmHWM")
        forget_peak(service)
        threads = [threading.Thread(target=promote, args=[number]) for number in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return {"memory": memory(service, "VmHWM") / one}


def frozen_database(place: Path, artifacts: Path) -> Figures:
    """A database that stops answering: the longest wait, in times of RECSVC_DATABASE_SECONDS, and the answers."""
    with (
        measured(place, artifacts, database_seconds=DATABASE_SECONDS) as service,
        closing(sqlite3.connect(place / "recsvc.db", isolation_level=None)) as holder,
    ):
        holder.execute("BEGIN EXCLUSIVE")
        found = {"SQLite, locked": waits(service)}
        holder.execute("ROLLBACK")
    if not why_not(SERVER_URL):
        with (
            new_database() as url,
            behind_a_proxy(url) as (through, proxy),
            measured(place, artifacts, database_url=through, database_seconds=DATABASE_SECONDS) as service,
        ):
            proxy.freeze()
            found["PostgreSQL, frozen"] = waits(service)
            proxy.go_on()
    return found


def waits(service: Service) -> Figures:
    """The statuses of what reads and of what writes, and the longest wait for it."""
    found: Figures = {}
    body = {"user_id": "ada", "movie_id": 1, "rating": 4}
    for name, ask in (
        ("GET /recommend", partial(service.client.get, "/recommend?user_id=ada")),
        ("POST /rate", partial(service.client.post, "/rate", json=body)),
    ):
        answers = [timed(ask) for _ in range(5)]
        statuses = Counter(str(response.status_code) for response, _ in answers)
        found[name] = {"statuses": dict(statuses), "longest": max(taken for _, taken in answers) / DATABASE_SECONDS}
    return found


def refusals_in_the_log(place: Path, artifacts: Path) -> Figures:
    """What 1,000 refused requests of a kind add to the log, in bytes."""
    found = {}
    with measured(place, artifacts, exposed=1) as service:
        for name, ask in (
            ("wrong key", partial(service.client.get, "/recommend", headers={"X-API-Key": "x"})),
            ("not named", partial(service.client.get, "/users/ada")),
            ("no request", partial(endless, service.port, b"no request at all\r\n\r\n")),
        ):
            before = service.log.stat().st_size
            for _ in range(1000):
                ask()
            found[name] = service.log.stat().st_size - before
    return found


BOUNDS: dict[str, Callable[[Path, Path], Figures]] = {
    measure.__name__: measure
    for measure in (
        bad_body,
        endless_head,
        idle_connections,
        deep_pages,
        floods,
        promotions_at_once,
        frozen_database,
        refusals_in_the_log,
    )
}
