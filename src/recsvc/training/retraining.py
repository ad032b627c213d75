"""Training again: on the dataset of the version that serves, and on what the users of the service said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Literal, NamedTuple, TypeAlias

from recsvc.datasets.collected import Collected, joined
from recsvc.datasets.dataset import Dataset
from recsvc.engine.engine import Engine
from recsvc.errors import RecsvcError, UnusableVersionError, VersionNotFoundError
from recsvc.models.content import ContentConfig
from recsvc.models.nmf import NmfConfig
from recsvc.models.vbmf import VbmfConfig
from recsvc.registry.aliases import CANDIDATE
from recsvc.registry.manifest import Manifest
from recsvc.registry.store import Registry
from recsvc.training.config import TrainingConfig
from recsvc.training.costs import Estimate
from recsvc.training.gate_in_time import Verdict, judge, question
from recsvc.training.pipeline import Folders, Progress, SearchPlan, publish, search_in
from recsvc.types import CatalogueName
from recsvc.usecases import models

STEPS = 6
Action: TypeAlias = Literal["promoted", "challenges", "published"]


class Retrained(NamedTuple):
    """A published version, the verdict of the gate, and what became of it."""

    manifest: Manifest
    verdict: Verdict
    action: Action


def retrain(
    dataset: Dataset,
    collected: Collected,
    registry: Registry,
    serving: Engine,
    *,
    promote: bool,
    challenge: float | None,
    who: str,
    progress: Progress,
    read_from: Folders,
    search_plan: SearchPlan | None,
    estimate: Estimate | None = None,
    check: Callable[[str], None],
) -> Retrained:
    """Judge a candidate by later ratings, train on everything with its settings, publish, and promote what passed.

    The search of settings begins at those of the serving version, and sees nothing that the gate asks for. What does
    not pass is published all the same, and says why. With a `challenge`, the share of the users that it answers, what
    passes challenges the serving version in place of following it. `check` is called with the name of the version
    before and after publishing; if it raises, nothing stays.

    Raises:
        RecsvcError: `check` found that it must not be published, such as that users were erased.
        ModelError: The models cannot be trained on this data.
        ConfigurationError: The registry cannot be written.
        RegistryError: Another version serves by now than the one that it was compared with; it is published only.
    """
    registry.check_writable()
    config = config_of(serving)
    asked = question(collected.ratings, seen_until(serving, dataset))
    known = joined(dataset.ratings, asked.known)
    study = search_in(dataset, known, config, search_plan, progress)
    if study is not None:
        config = replace(config, hybrid=study.config)
    progress("asking about later ratings")
    verdict = judge(dataset, asked, config, serving, _first(registry, serving))
    manifest = publish(
        dataset,
        config,
        registry,
        metrics=verdict.metrics,
        search=None if study is None else study.record(),
        progress=progress,
        read_from=read_from,
        catalogue_name=serving.manifest.catalogue,
        collected=collected,
        estimate=estimate,
        check=check,
    )
    try:
        check(manifest.version)
    except RecsvcError:
        registry.remove(manifest.version)
        raise
    action = _follow(registry, manifest, verdict, serving, promote=promote, share=challenge, who=who)
    return Retrained(manifest, verdict, action)


def _follow(
    registry: Registry,
    manifest: Manifest,
    verdict: Verdict,
    serving: Engine,
    *,
    promote: bool,
    share: float | None,
    who: str,
) -> Action:
    """Let a version that passed serve, or challenge the one that serves."""
    why = f"retrained; {verdict.reason}"
    if not (promote and verdict.passed):
        registry.aliases.append(CANDIDATE, manifest.version, action="publish", who=who, why=why)
        return "published"
    if share is not None:
        models.challenge(registry, manifest.version, share, who=who, why=why)
        return "challenges"
    models.promote(registry, manifest.version, who=who, why=why, instead_of=serving.manifest.version)
    return "promoted"


class Schedule(NamedTuple):
    """When to train again: so many seconds after the newest version, or after so many new opinions; None is never."""

    every: float | None
    after: int | None

    def is_due(self, age: float, opinions: int) -> bool:
        """Tell whether it is time, by the age of the newest version and the opinions since then."""
        by_age = self.every is not None and age >= self.every
        return by_age or (self.after is not None and opinions >= self.after)


def seen_until(serving: Engine, dataset: Dataset) -> int:
    """Return until when the serving version may know ratings, in seconds since 1970.

    That is not after it was made, whatever time an opinion has that was imported, or the dataset as it is by now.
    """
    made, collected = int(serving.manifest.created_at.timestamp()), serving.manifest.collected
    if collected is not None and collected.until is not None:
        return min(int(collected.until.timestamp()), made)
    return min(int(dataset.ratings.timestamps.max()), made) if len(dataset.ratings) else 0


def newest_made(registry: Registry, catalogue: CatalogueName, now: datetime) -> datetime:
    """Return when the newest version of a catalogue was made; 1970 if none was.

    One that was made later than now, before the clock was set back, counts for none: it would be waited for.
    """
    times = (one.created_at for one in registry.manifests() if one.catalogue == catalogue)
    return max((time for time in times if time <= now), default=datetime.fromtimestamp(0, UTC))


def config_of(serving: Engine) -> TrainingConfig:
    """Return the config that a version was trained with, with the settings that were found.

    A field of the content that it did not know gets its weight by default.
    """
    given = serving.manifest.config
    stars = NmfConfig(**given["stars"]) if "fill" in given["stars"] else VbmfConfig(**given["stars"])
    limits = {name: given[name] for name in ("min_ratings_per_user", "min_ratings_per_movie")}
    found = serving.hybrid.config
    content = replace(found.content, weights={**ContentConfig().weights, **found.content.weights})
    return TrainingConfig(replace(found, content=content), stars, **limits, seed=serving.manifest.seed)


def _first(registry: Registry, serving: Engine) -> Engine | None:
    """Return the first version that served this catalogue; None if it is the serving one, or cannot answer any more.

    A loss of a little under what the gate allows, again and again, would be found by it.
    """
    first = models.reference_of(registry, serving.manifest.catalogue)
    if first is None or first == serving.manifest.version:
        return None
    try:
        return models.open_engine(registry, first)
    except (VersionNotFoundError, UnusableVersionError):
        return None
