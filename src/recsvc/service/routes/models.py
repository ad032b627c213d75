"""The registry: which versions there are, and which one serves."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Body, Depends, Path, Request

from recsvc.errors import DatabaseUnavailableError
from recsvc.registry.aliases import AliasEntry
from recsvc.registry.manifest import VERSION_ID
from recsvc.registry.store import Registry
from recsvc.service.access import Admin
from recsvc.service.caching import AlwaysRevalidated
from recsvc.service.deps import ChangeDep, DeploymentManagerDep
from recsvc.service.problems import document
from recsvc.service.schemas.models import ChallengeBody, Models, ModelVersion, Promotion, PromotionBody
from recsvc.usecases.collecting import erased_since

router = APIRouter(prefix="/models", tags=["models"])
WHO = "http"


def _promotion(entry: AliasEntry) -> Promotion:
    return Promotion(**entry.model_dump(exclude={"action"}))


def _report_url(registry: Registry, version: str) -> str | None:
    return f"/reports/{version}" if registry.report_path(version).is_file() else None


async def _erased(request: Request) -> Mapping[str, int] | None:
    try:
        return await erased_since(request.app.state.database)
    except DatabaseUnavailableError:  # what serves is worth knowing then, too
        return None


@router.get("", summary="All versions in the registry", dependencies=[AlwaysRevalidated], responses=document(409))
def models(manager: DeploymentManagerDep, erased: Annotated[Mapping[str, int] | None, Depends(_erased)]) -> Models:
    """Newest first; damaged versions are left out."""
    production, challenge = manager.registry.aliases.current(), manager.registry.aliases.challenge()
    loaded = manager.loaded()
    items = [
        ModelVersion(
            version=manifest.version,
            production=manifest.version == production,
            serving=manifest.version in loaded,
            challenger=manifest.version == challenge.version if challenge else False,
            weight=challenge.weight if challenge and challenge.version == manifest.version else None,
            created_at=manifest.created_at,
            **manifest.dataset.model_dump(exclude={"name", "fingerprint", "data_dir", "tmdb"}),
            dataset=manifest.dataset.name,
            catalogue=manifest.catalogue,
            opinions=0 if manifest.collected is None else manifest.collected.ratings,
            erased_since=None if erased is None else erased.get(manifest.version, 0),
            report_url=_report_url(manager.registry, manifest.version),
            metrics=manifest.metrics,
        )
        for manifest in reversed(manager.registry.manifests())
    ]
    return Models(degraded=manager.is_degraded(), items=items)


@router.post(
    "/rollback", summary="Go back to the version before", dependencies=[Admin], responses=document(401, 403, 409, 413)
)
async def rollback(
    manager: DeploymentManagerDep,
    change: ChangeDep,
    body: Annotated[PromotionBody, Body()] = PromotionBody(),  # noqa: B008 - frozen
) -> Promotion:
    """Go back to what served before: this process at once, the others within seconds."""
    switch = partial(manager.roll_back, who=WHO, why=body.why, switch_catalogue=body.switch_catalogue)
    return _promotion(await change.run(switch))


VersionPath = Annotated[
    str,
    Path(pattern=f"^{VERSION_ID.pattern}$", description="As in `GET /models`.", examples=["20261120T101500Z-1f3a9c2e"]),
]


@router.post(
    "/{version}/promote",
    summary="Let a version serve",
    dependencies=[Admin],
    responses=document(401, 403, 404, 409, 413),
)
async def promote(
    manager: DeploymentManagerDep,
    change: ChangeDep,
    version: VersionPath,
    body: Annotated[PromotionBody, Body()] = PromotionBody(),  # noqa: B008 - frozen
) -> Promotion:
    """Verify a version and let it serve: this process at once, the others within seconds."""
    switch = partial(manager.promote, version, who=WHO, why=body.why, switch_catalogue=body.switch_catalogue)
    return _promotion(await change.run(switch))


@router.post(
    "/{version}/challenge",
    summary="Let a version answer a share of the users",
    dependencies=[Admin],
    responses=document(401, 403, 404, 409, 413),
)
async def challenge(
    manager: DeploymentManagerDep, change: ChangeDep, version: VersionPath, body: ChallengeBody
) -> Promotion:
    """Let a version answer that share of the users beside the one in production; a weight of 0 ends it.

    A user always gets the same side, on every replica; `GET /analytics` compares the two.
    """
    return _promotion(await change.run(partial(manager.challenge, version, body.weight, who=WHO, why=body.why)))
