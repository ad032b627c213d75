"""The probes."""

from __future__ import annotations

from fastapi import APIRouter

from recsvc.service.deps import ContextDep, DeploymentManagerDep
from recsvc.service.problems import document
from recsvc.service.schemas.models import Health

router = APIRouter(prefix="/health", tags=["health"])


@router.get("/live", summary="Is the process alive", responses=document())
async def live() -> Health:
    """200 as long as the process answers at all; restart it when this fails."""
    return Health(status="live")


@router.get("/ready", summary="Can it answer", responses=document())
async def ready(context: ContextDep, manager: DeploymentManagerDep) -> Health:
    """200 when a version is loaded and the database answers; send requests elsewhere while this is 503.

    `degraded` instead of `ready` says that the version in production cannot be loaded and another one answers.
    """
    await context.database.ping()
    status = "degraded" if manager.is_degraded() else "ready"
    return Health(status=status, model_version=context.deployment.production.manifest.version)
