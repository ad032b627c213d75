"""The application: settings in, FastAPI out. Importing this has no effects."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

from recsvc import __version__
from recsvc.registry.store import Registry
from recsvc.service import problems
from recsvc.service.access import Sessions
from recsvc.service.middleware import Gatekeeper
from recsvc.service.openapi import Documented
from recsvc.service.presenting import Presenter
from recsvc.service.routes import (
    analytics,
    events,
    feedback,
    health,
    lists,
    models,
    movies,
    pages,
    recommendations,
    users,
)
from recsvc.service.routes import session as sessions
from recsvc.settings import Settings
from recsvc.storage.database import Database
from recsvc.usecases.deployment import DeploymentManager
from recsvc.usecases.recommendation_tokens import RecommendationTokens
from recsvc.usecases.signing_key import signing_key
from recsvc.usecases.users import stars_of

log = logging.getLogger(__name__)

_CORS: dict[str, Any] = {
    "allow_methods": ["GET", "POST", "PATCH", "DELETE"],
    "allow_headers": ["Authorization", "Content-Type", "If-None-Match", "X-Admin-Key", "X-Edit-Token", "X-Request-ID"],
    "expose_headers": ["ETag", "Location", "Retry-After", "X-Request-ID"],
    "max_age": 600,
}
"""No credentials: tokens are sent as headers, and there are no cookies."""

DESCRIPTION = """
Personal movie recommendations as JSON: rate a movie with `POST /rate`, and the next `GET /recommend` counts it,
with an exact reason for every movie.

A visitor gets a token from `POST /session` and sends it as `Authorization: Bearer`; a service that has its own users
names them by `user_id` instead.

Errors are `application/problem+json` (RFC 9457) and name the field. Users of the dataset (`ml-100k:196`) can be read
and not changed.
"""


def create_app(settings: Settings) -> FastAPI:
    """Make the service. What it opens (database, version), it opens when it starts and closes when it stops."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        database = await Database.open(settings.database_url)
        manager = DeploymentManager(Registry(settings.artifacts_dir))
        key = await signing_key(settings, database)
        tokens = RecommendationTokens(key, days=settings.recommendation_days)
        app.state.database = database
        app.state.manager = manager
        app.state.tokens = tokens
        app.state.sessions = Sessions(key, days=settings.session_days)
        app.state.presenter = Presenter(settings.poster_base_url, tokens)
        await asyncio.to_thread(manager.refresh)
        watch = asyncio.create_task(_watch(manager, settings.reload_seconds))
        try:
            yield
        finally:
            watch.cancel()
            with suppress(asyncio.CancelledError):
                await watch
            await database.close()

    app = Documented(
        title="recsvc",
        version=__version__,
        summary="A movie recommender",
        description=DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=lambda route: route.name,
        license_info={"name": "MIT", "identifier": "MIT"},
    )
    app.state.settings = settings
    app.state.counts_as = stars_of(settings)
    app.add_middleware(Gatekeeper, allowed_hosts=settings.allowed_hosts, max_body_bytes=settings.max_body_bytes)
    problems.install(app)
    if settings.cors_origins:
        app.add_middleware(CORSMiddleware, allow_origins=settings.cors_origins, **_CORS)
    for module in (recommendations, feedback, movies, events, lists, users, sessions, models, analytics, health, pages):
        app.include_router(module.router)
    pages.mount_assets(app)
    return app


async def _watch(manager: DeploymentManager, seconds: float) -> None:
    """Follow what is in production, whoever promotes it."""
    while True:
        await asyncio.sleep(seconds)
        try:
            await asyncio.to_thread(manager.refresh)
        except Exception:  # who watches must not end, or no version would ever be picked up again
            log.exception("looking for another version failed")
