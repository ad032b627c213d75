"""The registry: which versions there are, and which one serves."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Path

from recsvc.errors import NotReadyError
from recsvc.registry.aliases import AliasEntry
from recsvc.registry.manifest import VERSION_ID
from recsvc.registry.store import Registry
from recsvc.service.deps import ServingDep
from recsvc.service.problems import document
from recsvc.service.schemas.models import Models, ModelVersion, Promotion, ReasonBody
from recsvc.service.security import Admin

router = APIRouter(prefix="/models", tags=["models"])
WHO = "http"


def _promotion(entry: AliasEntry) -> Promotion:
    return Promotion(alias=entry.alias, version=entry.version, time=entry.time, who=entry.who, why=entry.why)


def _report_url(registry: Registry, version: str) -> str | None:
    return f"/reports/{version}" if registry.report_path(version).is_file() else None


@router.get("", summary="All versions in the registry", responses=document(409))
def models(serving: ServingDep) -> Models:
    """Newest first; damaged versions are left out."""
    try:
        loaded = serving.engine().manifest.version
    except NotReadyError:
        loaded = None
    production = serving.registry.aliases.current()
    items = [
        ModelVersion(
            version=manifest.version,
            production=manifest.version == production,
            serving=manifest.version == loaded,
            created_at=manifest.created_at,
            **manifest.dataset.model_dump(exclude={"name", "fingerprint"}),
            dataset=manifest.dataset.name,
            report_url=_report_url(serving.registry, manifest.version),
            metrics=manifest.metrics,
        )
        for manifest in reversed(serving.registry.manifests())
    ]
    return Models(items=items)


@router.post(
    "/rollback", summary="Go back to the version before", dependencies=[Admin], responses=document(401, 403, 409, 413)
)
def rollback(serving: ServingDep, body: Annotated[ReasonBody, Body()] = ReasonBody()) -> Promotion:  # noqa: B008 - frozen
    """Go back to what served before: this process at once, the others within seconds."""
    entry = serving.roll_back(who=WHO, why=body.why)
    return _promotion(entry)


@router.post(
    "/{version}/promote",
    summary="Let a version serve",
    dependencies=[Admin],
    responses=document(401, 403, 404, 409, 413),
)
def promote(
    serving: ServingDep,
    version: Annotated[
        str,
        Path(
            pattern=f"^{VERSION_ID.pattern}$",
            description="As in `GET /models`.",
            examples=["20261120T101500Z-1f3a9c2e"],
        ),
    ],
    body: Annotated[ReasonBody, Body()] = ReasonBody(),  # noqa: B008 - frozen
) -> Promotion:
    """Verify a version and let it serve: this process at once, the others within seconds."""
    entry = serving.promote(version, who=WHO, why=body.why)
    return _promotion(entry)
