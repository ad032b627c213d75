"""Which version serves: loaded as a whole, swapped as a whole, never edited."""

from __future__ import annotations

import logging
import threading

from recsvc.engine.engine import Engine
from recsvc.errors import NotReadyError, RegistryError
from recsvc.registry.aliases import AliasEntry
from recsvc.registry.store import Registry

log = logging.getLogger(__name__)


class Serving:
    """Holds the engine of the version in production, and changes it when another one is promoted.

    A request takes `engine()` once and keeps to it. When the version to be loaded is damaged, what was serving goes on
    serving.
    """

    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        self._engine: Engine | None = None
        self._reason = "no version has been loaded yet"
        self._loading = threading.Lock()

    def engine(self) -> Engine:
        """Return the engine that serves.

        Raises:
            NotReadyError: there is none; the message says why.
        """
        if self._engine is None:
            raise NotReadyError(self._reason)
        return self._engine

    def refresh(self) -> bool:
        """Load the version in production unless it serves already.

        True when the engine changed. Safe to call from any thread.
        """
        with self._loading:
            try:
                version = self.registry.production()
                if self._engine and self._engine.manifest.version == version:
                    return False
                self._engine = Engine(self.registry.open(version))
            except RegistryError as error:
                self._refuse(str(error))
                return False
            except OSError as error:
                self._refuse(f"{self.registry.folder} cannot be read: {error.strerror or error}")
                return False
            self._reason = ""
            log.info("serving version %s", version)
            return True

    def promote(self, version: str, *, who: str, why: str) -> AliasEntry:
        """Let a version serve, here at once and in the other processes as soon as they look; see `promote`."""
        entry = promote(self.registry, version, who=who, why=why)
        self.refresh()
        return entry

    def roll_back(self, *, who: str, why: str) -> AliasEntry:
        """Let the version before serve again; see `roll_back`."""
        entry = roll_back(self.registry, who=who, why=why)
        self.refresh()
        return entry

    def _refuse(self, reason: str) -> None:
        if reason != self._reason:
            log.error("%s; %s", reason, "what was serving goes on serving" if self._engine else "nothing is served")
        self._reason = reason


def promote(registry: Registry, version: str, *, who: str, why: str) -> AliasEntry:
    """Let a version be in production, once it has answered.

    Raises:
        VersionNotFoundError: there is none of that name.
        DamagedVersionError: it cannot serve; what was in production stays so.
    """
    Engine(registry.open(version))
    return registry.promote(version, who=who, why=why)


def roll_back(registry: Registry, *, who: str, why: str) -> AliasEntry:
    """Let the version before be in production again, once it has answered.

    Raises:
        RegistryError: there is none, or it cannot serve.
    """
    Engine(registry.open(registry.aliases.before()))
    return registry.roll_back(who=who, why=why)
