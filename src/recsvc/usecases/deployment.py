"""The deployment: the versions that answer requests. It is loaded as a whole and replaced as a whole, never edited."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b

from recsvc.engine.engine import Engine
from recsvc.errors import NotReadyError, RegistryError
from recsvc.registry.aliases import PRODUCTION, AliasEntry, Challenge
from recsvc.registry.store import Registry
from recsvc.types import CatalogueName, MovieId, UserId
from recsvc.usecases import models

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Deployment:
    """The version in production, and the challenger that answers a share of the users, if there is one.

    This is the one place that decides which engine answers: `for_user` where a request is about a user, `for_movie`
    where it is about a movie, and `production` for everything else.
    """

    production: Engine
    challenger: Engine | None = None
    challenge: Challenge | None = None

    @property
    def catalogue(self) -> CatalogueName:
        """The catalogue of the versions that answer: of all feedback and lists that they read and write."""
        return self.production.manifest.catalogue

    @property
    def engines(self) -> tuple[Engine, ...]:
        """All engines that answer, the one in production first."""
        return (self.production,) if self.challenger is None else (self.production, self.challenger)

    def for_user(self, user_id: UserId | None) -> Engine:
        """Return the engine that answers a user, the same one on every replica; None is an unknown user.

        The draw depends on the user and the challenger only, so that a larger weight moves no user back. An unknown
        user is answered from production.
        """
        if self.challenger is None or self.challenge is None or user_id is None:
            return self.production
        salted = f"{self.challenge.version} {user_id}".encode()
        draw = int.from_bytes(blake2b(salted, digest_size=8).digest()) / 2**64
        return self.challenger if draw < self.challenge.weight else self.production

    def for_movie(self, movie_id: MovieId) -> Engine:
        """Return the engine whose catalogue has a movie: production, unless only the challenger has it."""
        return self.for_movies([movie_id])

    def for_movies(self, movie_ids: Sequence[MovieId]) -> Engine:
        """Return the engine whose catalogue has all movies: production, unless only the challenger has them."""
        has_all = (one for one in self.engines if all(movie_id in one.catalogue for movie_id in movie_ids))
        return next(has_all, self.production)


class DeploymentManager:
    """Holds the deployment, and replaces it when another version is promoted or becomes a challenger.

    A request takes `deployment()` once and keeps it until it has answered. If the version to load is damaged, the
    current deployment goes on serving; if nothing serves yet, the last whole version that served the same catalogue
    does in its place. If a challenger cannot be loaded, production answers all users.
    """

    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        self._deployment: Deployment | None = None
        self._reason = "no version has been loaded yet"
        self._challenger_error = ""
        self._loading = threading.Lock()
        self._opened: dict[str, Engine] = {}

    def deployment(self) -> Deployment:
        """Return the current deployment.

        Raises:
            NotReadyError: No version is loaded; the message says why.
        """
        if self._deployment is None:
            raise NotReadyError(self._reason)
        return self._deployment

    def is_degraded(self) -> bool:
        """Return whether another version answers than the one in production, which cannot be loaded."""
        return self._deployment is not None and bool(self._reason)

    def loaded(self) -> set[str]:
        """Return the versions that this process answers from."""
        return set() if self._deployment is None else {one.manifest.version for one in self._deployment.engines}

    def refresh(self) -> bool:
        """Load what the alias log names, unless it is loaded already; return whether the deployment changed.

        It is safe to call this from any thread.
        """
        with self._loading:
            before = self._deployment
            with self._keep_serving():
                production = self._engine(self.registry.production())
                challenge = self.registry.aliases.challenge()
                if before is None or before.production is not production:
                    # Switch at once: loading the challenger may take a while, and may fail.
                    self._deployment = Deployment(production, *self._loaded_challenger(production, challenge))
                    log.info("serving version %s", production.manifest.version)
                self._reason = ""
                self._deployment = self._with_challenger(production, challenge)
            if self._deployment is None:
                self._fall_back()
            self._opened.clear()
            return self._deployment != before

    def _fall_back(self) -> None:
        """Serve the last whole version that served the catalogue of the one in production, until that can be loaded."""
        with suppress(RegistryError, OSError):
            production = self.registry.production()
            catalogue = self.registry.catalogue_of(production)
            served = [entry.version for entry in self.registry.aliases.entries() if entry.alias == PRODUCTION]
            for version in dict.fromkeys(reversed(served)):
                if catalogue is None or version == production or self.registry.catalogue_of(version) != catalogue:
                    continue
                with suppress(RegistryError, OSError):
                    self._deployment = Deployment(models.open_engine(self.registry, version))
                    log.error("version %s, which served before, answers in place of %s", version, production)
                    return

    def promote(self, version: str, *, who: str, why: str, switch_catalogue: bool = False) -> AliasEntry:
        """Put a version into production, here at once and in other processes when they look; see `models.promote`."""
        change = partial(models.promote, self.registry, version, who=who, why=why, switch_catalogue=switch_catalogue)
        return self._switch(partial(change, load=self._load))

    def roll_back(self, *, who: str, why: str, switch_catalogue: bool = False) -> AliasEntry:
        """Put the version before into production again; see `models.roll_back`."""
        change = partial(models.roll_back, self.registry, who=who, why=why, switch_catalogue=switch_catalogue)
        return self._switch(partial(change, load=self._load))

    def challenge(self, version: str, weight: float, *, who: str, why: str) -> AliasEntry:
        """Let a version answer a share of the users, here at once and elsewhere soon; see `models.challenge`."""
        return self._switch(lambda: models.challenge(self.registry, version, weight, who=who, why=why, load=self._load))

    def _switch(self, change: Callable[[], AliasEntry]) -> AliasEntry:
        entry = change()
        self.refresh()
        return entry

    def _load(self, version: str) -> Engine:
        """Verify a version once and return its engine: the loaded one, or a new one that `refresh` will find."""
        engine = self._loaded_engine(version)
        if engine is not None:
            self.registry.verify(version)
            return engine
        self._opened[version] = models.open_engine(self.registry, version)
        return self._opened[version]

    def _engine(self, version: str) -> Engine:
        """Return the engine of a version: the loaded one, the one just opened for a promotion, or a new one."""
        return self._loaded_engine(version) or self._opened.get(version) or models.open_engine(self.registry, version)

    def _loaded_engine(self, version: str) -> Engine | None:
        engines = () if self._deployment is None else self._deployment.engines
        return next((one for one in engines if one.manifest.version == version), None)

    def _loaded_challenger(
        self, production: Engine, challenge: Challenge | None
    ) -> tuple[Engine, Challenge] | tuple[()]:
        """Return the challenger that is loaded already, if it is the one of this challenge."""
        challenger = None if self._deployment is None else self._deployment.challenger
        if challenger is None or challenge is None or challenger.manifest.version != challenge.version:
            return ()
        if challenger.manifest.catalogue != production.manifest.catalogue:
            return ()
        return challenger, challenge

    def _with_challenger(self, production: Engine, challenge: Challenge | None) -> Deployment:
        if challenge is None:
            self._challenger_error = ""
            return Deployment(production)
        try:
            challenger = self._engine(challenge.version)
            if challenger.manifest.catalogue != production.manifest.catalogue:
                raise RegistryError(f"the challenger {challenge.version} is of another catalogue")
            deployment = Deployment(production, challenger, challenge)
        except (RegistryError, OSError) as error:
            if str(error) != self._challenger_error:
                log.error("%s; production answers all users", error)  # noqa: TRY400 - expected, needs no traceback
            self._challenger_error = str(error)
            return Deployment(production)
        if self._deployment is None or self._deployment.challenge != challenge:
            log.info("version %s answers %.1f %% of the users", challenge.version, 100 * challenge.weight)
        self._challenger_error = ""
        return deployment

    @contextmanager
    def _keep_serving(self) -> Iterator[None]:
        """Keep the current deployment if something cannot be loaded, and log why."""
        try:
            yield
        except RegistryError as error:
            self._refuse(str(error))
        except OSError as error:
            self._refuse(f"{self.registry.folder} cannot be read: {error.strerror or error}")

    def _refuse(self, reason: str) -> None:
        if reason != self._reason:
            log.error("%s; %s", reason, "the current version goes on serving" if self._deployment else "none serves")
        self._reason = reason
