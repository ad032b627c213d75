"""Cases that Schemathesis makes from openapi.json, sent to a running service: all its checks, in all its phases."""

from __future__ import annotations

import itertools
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import schemathesis
from schemathesis.core.failures import Failure
from schemathesis.engine import Status, events, from_schema

from recsvc.types import Scope
from tests.callers import ADMIN, CALLERS, PROVIDER, bearer, new_key, token_of
from tests.e2e.processes import serving
from tests.versions import publish_again

PHASES = ("examples", "coverage", "fuzzing", "stateful")
Headers = dict[str, str]
EVERY_SCOPE = "every scope"
ALL_CALLERS = (*CALLERS, EVERY_SCOPE)


@dataclass(frozen=True, slots=True)
class Excused:
    """A failure of a check that is none: what the service answers to it, and why that is right."""

    check: str
    answer: str
    why: str
    operation: str = ".*"

    def holds_for(self, failure: Failure, operation: str, answer: str) -> bool:
        """Tell whether a failure is this one."""
        of_it = self.check in failure.checks and re.fullmatch(self.operation, operation)
        return bool(of_it and re.search(self.answer, answer))


REJECTED, ACCEPTED = "positive_data_acceptance", "negative_data_rejection"
EXCUSED = (
    Excused(REJECTED, "must not be before year_from", "a schema compares no two fields"),
    Excused(REJECTED, "there is no (genre|director|actor)", "a schema does not know the catalogue"),
    Excused(REJECTED, "There is no movie", "a schema does not know the catalogue"),
    Excused(REJECTED, "is not in the list", "a schema does not know the list"),
    Excused(REJECTED, "is there twice|a movie has one note", "a schema compares whole objects, and no field of them"),
    Excused(REJECTED, "exactly one of rating, liked, seen, not_interested", "null is the same as leaving a field out"),
    Excused(REJECTED, "cannot be sent beside ratings", "null is the same as leaving a field out"),
    Excused(REJECTED, "user_id is needed where no session token is sent", "a schema does not know the headers"),
    Excused(REJECTED, "The recommendation id (was made|was not made|does not hold)", "a schema reads no signatures"),
    Excused(REJECTED, "Input should be a valid integer", "to a schema 18.0 is an integer, and to a strict reader not"),
    Excused(REJECTED, "control characters|changes the direction", "patterns know no categories of Unicode everywhere"),
    Excused(REJECTED, "cannot be private: nobody could read it", "a schema does not know the caller"),
    Excused(REJECTED, "A watchlist stays one", "a schema does not know the list"),
    Excused(REJECTED, "was changed since it was read", "412 is what If-Match asks for"),
    Excused(REJECTED, "URI Too Long", "each value is short enough, and a thousand of them are not"),
    Excused(ACCEPTED, "URI Too Long", "414 refuses it"),
    Excused(ACCEPTED, '"status":422', "each record is refused by its own status", "POST /(rate/batch|events)"),
)
"""What a check says no to, and yet is right; nothing is switched off but these answers."""


@dataclass(frozen=True, slots=True)
class Tried:
    """How many cases were sent and how many of them were done; of each failure the check, a command, and the answer."""

    sent: int
    done: int
    failures: list[str]


@contextmanager
def trying(folder: Path, artifacts: Path, **settings: object) -> Iterator[Callable[..., Tried]]:
    """Serve a copy of a registry, and a second version, without limits; yield `try_cases` by the name of a caller."""
    copied, database_url = Path(shutil.copytree(artifacts, folder / "artifacts")), f"sqlite:///{folder}/cases.db"
    publish_again(copied)
    settings |= {"artifacts_dir": copied, "database_url": database_url}
    settings |= {"requests_per_minute": 0, "admin_key": ADMIN["X-Admin-Key"], **PROVIDER}
    with serving(folder, log_level="error", **settings) as service:
        user = itertools.count()

        def signed(caller: str) -> Headers:
            if caller == "visitor":
                return bearer(service.client.post("/session").raise_for_status().json()["token"])
            if caller == "user":
                return bearer(token_of(f"user-{next(user)}", 3600))
            if caller in (*Scope, EVERY_SCOPE):
                scopes = Scope if caller == EVERY_SCOPE else [Scope(caller)]
                return {"X-API-Key": new_key(database_url, *scopes)}
            return ADMIN if caller == "operator" else {}

        def as_caller(caller: str, seed: int, examples: int, phases: Sequence[str] = PHASES) -> Tried:
            url = f"http://127.0.0.1:{service.port}"
            tried = try_cases(url, lambda: signed(caller), seed=seed, examples=examples, phases=phases)
            assert "Traceback" not in service.log.read_text(), service.log.read_text()
            return tried

        yield as_caller


def try_cases(
    url: str, signed: Callable[[], Headers], *, seed: int, examples: int, phases: Sequence[str] = PHASES
) -> Tried:
    """Send cases as a caller: `examples` an operation in fuzzing, as many scenarios, and what the other phases have.

    `signed` makes the headers by which the caller is known; whoever signs out does so from a session of its own.
    """
    schema = schemathesis.openapi.from_url(f"{url}/openapi.json", config=_config(url, seed, examples, phases))
    own = signed()

    @schema.hook
    def filter_failure(
        _context: Any, failure: Failure, case: schemathesis.Case[Any], response: schemathesis.Response
    ) -> bool:
        label = case.operation.label
        return not any(one.holds_for(failure, label, response.text) for one in EXCUSED)

    @schema.auth(refresh_interval=None)
    class Signed:
        def get(self, case: schemathesis.Case[Any], _context: Any) -> Headers:
            return signed() if case.operation.label == "DELETE /session" else own

        def set(self, case: schemathesis.Case[Any], headers: Headers, _context: Any) -> None:
            case.headers.update(headers)

    sent, done, failures = 0, 0, []
    for event in from_schema(schema).execute():
        if isinstance(event, events.ScenarioFinished):
            answers = [one.response for one in event.recorder.interactions.values()]
            sent += len(answers)
            done += sum(one is not None and one.status_code < 400 for one in answers)
            failures += [
                f"{check.name}: {check.failure_info.failure}\n{check.failure_info.code_sample}\n{told(event, case)}"
                for case, checks in event.recorder.checks.items()
                for check in checks
                if check.status is Status.FAILURE and check.failure_info is not None
            ]
        elif isinstance(event, events.NonFatalError):
            failures.append(f"{event.label}: {event.value}")
        elif isinstance(event, events.FatalError):
            raise event.exception
    return Tried(sent, done, failures)


def told(event: events.ScenarioFinished, case: str) -> str:
    response = event.recorder.find_response(case_id=case)
    return "" if response is None else f"{response.status_code} {response.text[:300]}"


def _config(url: str, seed: int, examples: int, phases: Sequence[str]) -> schemathesis.Config:
    return schemathesis.Config.from_dict(
        {
            "seed": seed,
            "base-url": url,
            "continue-on-failure": True,
            "parameters": {"header.X-Catalogue": "sample"},  # with another one, all of them were 409
            "generation": {"max-examples": examples, "database": "none"},
            "phases": {phase: {"enabled": phase in phases} for phase in PHASES},
        }
    )
