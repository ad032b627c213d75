"""Which versions serve: loaded as a whole, swapped as a whole, never edited."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import blake2b

from recsvc.engine.engine import Engine
from recsvc.errors import NotReadyError, RegistryError
from recsvc.registry.aliases import CHALLENGER, AliasEntry, Challenge
from recsvc.registry.store import Registry
from recsvc.types import MovieId, UserId

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Lineup:
    """The version in production, and perhaps one that challenges it for a share of the people."""

    engine: Engine
    challenger: Engine | None = None
    challenge: Challenge | None = None

    @property
    def engines(self) -> tuple[Engine, ...]:
        """All that answer, the one in production first."""
        return (self.engine,) if self.challenger is None else (self.engine, self.challenger)

    def of(self, user_id: UserId | None) -> Engine:
        """The engine that answers a person: the same one on every replica; strangers get what is in production."""
        if self.challenger is None or self.challenge is None or user_id is None:
            return self.engine
        salted = f"{self.challenge.version} {user_id}".encode()
        draw = int.from_bytes(blake2b(salted, digest_size=8).digest()) / 2**64
        return self.challenger if draw < self.challenge.weight else self.engine

    def holding(self, movie_id: MovieId) -> Engine:
        """The engine whose catalogue has a film: the one in production, unless only the other one does."""
        return next((one for one in self.engines if one.catalogue.vocabulary.row(movie_id) is not None), self.engine)


class Serving:
    """Holds the lineup, and changes it when another version is promoted or challenges.

    A request takes `lineup()` once and keeps to it. When the version to be loaded is damaged, what was serving goes on
    serving; a challenger that cannot be loaded leaves everyone to the version in production.
    """

    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        self._lineup: Lineup | None = None
        self._reason = "no version has been loaded yet"
        self._no_challenger = ""
        self._loading = threading.Lock()

    def lineup(self) -> Lineup:
        """Return what serves.

        Raises:
            NotReadyError: nothing does; the message says why.
        """
        if self._lineup is None:
            raise NotReadyError(self._reason)
        return self._lineup

    def engine(self) -> Engine:
        """Return the engine of the version in production; raises NotReadyError as `lineup` does."""
        return self.lineup().engine

    def loaded(self) -> set[str]:
        """The versions that this process answers from."""
        return set() if self._lineup is None else {engine.manifest.version for engine in self._lineup.engines}

    def refresh(self) -> bool:
        """Load the versions that are to serve, unless they do already.

        True when the lineup changed. Safe to call from any thread.
        """
        with self._loading:
            before = self._lineup
            with self._refusing():
                engine = self._engine(self.registry.production())
                challenge = self.registry.aliases.challenge()
                if before is None or before.engine is not engine:
                    # At once: loading a challenger may take a while, and may fail.
                    self._lineup = Lineup(engine, *self._held(challenge))
                    log.info("serving version %s", engine.manifest.version)
                self._reason = ""
                self._lineup = self._challenged(engine, challenge)
            return self._lineup != before

    def _engine(self, version: str) -> Engine:
        """The engine of a version: the one that serves already, or a new one."""
        for engine in () if self._lineup is None else self._lineup.engines:
            if engine.manifest.version == version:
                return engine
        return Engine(self.registry.open(version))

    def _held(self, challenge: Challenge | None) -> tuple[Engine, Challenge] | tuple[()]:
        """The challenger that is loaded already, if it is the one of this challenge."""
        challenger = None if self._lineup is None else self._lineup.challenger
        if challenger is None or challenge is None or challenger.manifest.version != challenge.version:
            return ()
        return challenger, challenge

    def _challenged(self, engine: Engine, challenge: Challenge | None) -> Lineup:
        if challenge is None:
            self._no_challenger = ""
            return Lineup(engine)
        try:
            lineup = Lineup(engine, self._engine(challenge.version), challenge)
        except (RegistryError, OSError) as error:
            if str(error) != self._no_challenger:
                log.error("%s; production serves everyone", error)  # noqa: TRY400 - it is foreseen
            self._no_challenger = str(error)
            return Lineup(engine)
        if self._lineup is None or self._lineup.challenge != challenge:
            log.info("version %s answers %.1f %% of the people", challenge.version, 100 * challenge.weight)
        self._no_challenger = ""
        return lineup

    @contextmanager
    def _refusing(self) -> Iterator[None]:
        """Go on serving what serves where something cannot be loaded, and say why."""
        try:
            yield
        except RegistryError as error:
            self._refuse(str(error))
        except OSError as error:
            self._refuse(f"{self.registry.folder} cannot be read: {error.strerror or error}")

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

    def challenge(self, version: str, weight: float, *, who: str, why: str) -> AliasEntry:
        """Let a version answer a share of the people, here at once and elsewhere soon; see `challenge`."""
        entry = challenge(self.registry, version, weight, who=who, why=why)
        self.refresh()
        return entry

    def _refuse(self, reason: str) -> None:
        if reason != self._reason:
            log.error("%s; %s", reason, "what was serving goes on serving" if self._lineup else "nothing is served")
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


def challenge(registry: Registry, version: str, weight: float, *, who: str, why: str) -> AliasEntry:
    """Let a version answer a share (0-1) of the people beside the one in production; 0 ends it, whatever is left of it.

    Raises:
        VersionNotFoundError: there is none of that name.
        RegistryError: it is in production, learned from another dataset or cannot serve; or it is to end, and does not
            challenge.
    """
    if not weight:
        held = registry.aliases.challenge()
        if held is None or held.version != version:
            raise RegistryError(f"version {version} challenges nothing")
    else:
        production = registry.manifest(registry.production())
        manifest = Engine(registry.open(version)).manifest
        if version == production.version:
            raise RegistryError(f"version {version} is in production and cannot challenge itself")
        if manifest.dataset.name != production.dataset.name:
            raise RegistryError(
                f"version {version} learned from {manifest.dataset.name}, not {production.dataset.name}"
            )
    return registry.aliases.append(CHALLENGER, version, who=who, why=why, weight=weight)
