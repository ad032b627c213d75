"""Aliases: an append-only log. The last line of an alias is valid, and a rollback is one more line."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias

from pydantic import BaseModel, ConfigDict, ValidationError

from recsvc.errors import RegistryError
from recsvc.registry.files import locked as file_locked
from recsvc.registry.files import sync_folder

PRODUCTION = "production"
CHALLENGER = "challenger"
CANDIDATE = "candidate"
"""What was published beside the version that serves, and neither follows nor challenges it."""
Action: TypeAlias = Literal["promote", "rollback", "challenge", "publish"]
Check: TypeAlias = Callable[[], None]


class Challenge(NamedTuple):
    """A version that answers a share (0-1) of the users beside the one in production, and since when."""

    version: str
    weight: float
    since: datetime


class AliasEntry(BaseModel):
    """One line of the log.

    `action` says what was done. Lines of releases before it was written have none; see `_is_rollback`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    time: datetime
    alias: str
    version: str
    action: Action | None = None
    who: str
    why: str
    weight: float | None = None


class AliasLog:
    """The log file `aliases.jsonl`, appended to under a lock and synced before a call returns."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def entries(self) -> list[AliasEntry]:
        """Return all whole lines, oldest first; a last line that a crash cut short was not acknowledged and is ignored.

        Raises:
            RegistryError: A whole line is not an alias entry, or the file cannot be read.
        """
        try:
            content = self.path.read_bytes()
        except FileNotFoundError:
            return []
        except OSError as error:
            raise RegistryError(f"{self.path} cannot be read: {error.strerror}") from error
        entries = []
        for number, line in enumerate(content[: content.rfind(b"\n") + 1].splitlines(), 1):
            if not line.strip():
                continue
            try:
                entries.append(AliasEntry.model_validate_json(line))
            except ValidationError:
                raise RegistryError(
                    f"{self.path}:{number}: not an alias entry; nothing is promoted until it is removed"
                ) from None
        return entries

    def current(self, alias: str = PRODUCTION) -> str | None:
        """Return the version of an alias; None if it was never set."""
        return next((entry.version for entry in reversed(self.entries()) if entry.alias == alias), None)

    def challenge(self) -> Challenge | None:
        """Return the current challenge; None if there is none.

        A weight of 0 ends a challenge for good, and so does promoting its version, whatever is promoted later. A change
        of the weight continues the challenge; another version in production starts it anew.
        """
        production, found = None, None
        for entry in self.entries():
            if entry.alias == PRODUCTION:
                production = entry.version
                if found is not None:  # against another version it starts anew
                    found = None if found.version == production else found._replace(since=entry.time)
            elif entry.alias == CHALLENGER:
                since = found.since if found is not None and found.version == entry.version else entry.time
                holds = entry.weight and entry.version != production
                found = Challenge(entry.version, entry.weight or 0.0, since) if holds else None
        return found

    def append(
        self,
        alias: str,
        version: str,
        *,
        action: Action,
        who: str,
        why: str,
        weight: float | None = None,
        check: Check = lambda: None,
    ) -> AliasEntry:
        """Let an alias stand for a version from now on; `weight` is a challenger's share of the users.

        `check` is called with the log locked; what it raises leaves the log as it is.
        """
        with self.locked() as handle:
            self.entries()  # a log that cannot be read must not be written to
            check()
            return self._append(handle, alias, version, action=action, who=who, why=why, weight=weight)

    @contextmanager
    def locked(self) -> Iterator[int]:
        """Lock the log, so that nobody else writes to it; raises RegistryError if it cannot be written."""
        try:
            with file_locked(self.path) as handle:
                yield handle
        except OSError as error:
            raise RegistryError(f"{self.path} cannot be written: {error.strerror or error}") from error

    def before(self, alias: str = PRODUCTION) -> str:
        """Return the version that a rollback goes to; a second rollback goes one further back, not forward again.

        Raises:
            RegistryError: There is no earlier version.
        """
        return self._stack(alias)[-2]

    def roll_back(
        self, alias: str = PRODUCTION, *, to: str | None = None, who: str, why: str, check: Check = lambda: None
    ) -> AliasEntry:
        """Let an alias stand again for the version before, which is `to` if that is given; `check` is as in `append`.

        Raises:
            RegistryError: There is no earlier version, or it is another one by now.
        """
        self.before(alias)  # refuse before a log is created
        with self.locked() as handle:
            *_, before, current = self._stack(alias)
            if to not in (None, before):
                raise RegistryError(f"{alias} was changed meanwhile: a rollback goes to {before} now, not to {to}")
            check()
            reason = f"{_ROLLBACK}{current}" + (f": {why}" if why else "")
            return self._append(handle, alias, before, action="rollback", who=who, why=reason)

    def _stack(self, alias: str) -> list[str]:
        """Return the versions that an alias stood for, oldest first, without those rolled back from; at least two."""
        stack: list[str] = []
        for entry in self.entries():
            if entry.alias != alias:
                continue
            if len(stack) > 1 and entry.version == stack[-2] and _is_rollback(entry, stack[-1]):
                stack.pop()
            elif not stack or stack[-1] != entry.version:
                stack.append(entry.version)
        if len(stack) < 2:
            raise RegistryError(f"{alias} has no earlier version to go back to")
        return stack

    def _append(
        self,
        handle: int,
        alias: str,
        version: str,
        *,
        action: Action,
        who: str,
        why: str,
        weight: float | None = None,
    ) -> AliasEntry:
        entry = AliasEntry(
            time=datetime.now(UTC), alias=alias, version=version, action=action, who=who, why=why, weight=weight
        )
        content = self.path.read_bytes()
        os.ftruncate(handle, content.rfind(b"\n") + 1)
        os.lseek(handle, 0, os.SEEK_END)
        line = entry.model_dump_json(exclude_none=True).encode() + b"\n"
        if os.write(handle, line) != len(line):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        os.fsync(handle)
        sync_folder(self.path.parent)
        return entry


_ROLLBACK = "rollback from "


def _is_rollback(entry: AliasEntry, current: str) -> bool:
    """Tell whether a line rolled back from `current`; a line without an action is recognised by its `why`."""
    if entry.action is None:
        return entry.why.startswith(_ROLLBACK + current)
    return entry.action == "rollback"
