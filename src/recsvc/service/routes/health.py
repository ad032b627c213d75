"""The probes."""

from __future__ import annotations

from fastapi import APIRouter

from recsvc.service.deps import ContextDep
from recsvc.service.problems import document
from recsvc.service.schemas.models import Health

router = APIRouter(prefix="/health", tags=["health"])


@router.get("/live", summary="Is the process alive", responses=document())
async def live() -> Health:
    """200 as long as the process answers at all; restart it when this fails."""
    return Health(status="live")


@router.get("/ready", summary="Can it answer", responses=document())
async def ready(context: ContextDep) -> Health:
    """200 when a version is loaded and the database answers; send requests elsewhere while this is 503."""
    await context.database.ping()
    return Health(status="ready", model_version=context.deployment.production.manifest.version)
