"""The probes."""

from __future__ import annotations

from fastapi import APIRouter, Request

from recsvc.service.deps import ContextDep, DeploymentManagerDep
from recsvc.service.problems import document
from recsvc.service.schemas.models import Live, Ready
from recsvc.usecases.diagnosis import impairments

router = APIRouter(prefix="/health", tags=["health"])


@router.get("/live", summary="Is the process alive", responses=document())
async def live() -> Live:
    """200 as long as the process answers at all; restart it when this fails."""
    return Live(status="live")


@router.get("/ready", summary="Can it answer", responses=document())
async def ready(request: Request, context: ContextDep, manager: DeploymentManagerDep) -> Ready:
    """200 when a version is loaded and the database answers; send requests elsewhere while this is 503.

    `degraded` instead of `ready` says that it answers and lacks something, which `impaired` names: `version`, since the
    one in production cannot be loaded and another one answers; `database`, which can be read and not written; `disk`,
    of which little is left.
    """
    impaired = await impairments(request.app.state.settings, context.database, manager)
    return Ready(
        status="degraded" if impaired else "ready",
        model_version=context.deployment.production.manifest.version,
        impaired=impaired,
    )
