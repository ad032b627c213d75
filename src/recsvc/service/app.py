"""The application, created from settings. Importing this module has no effects."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from anyio import CapacityLimiter
from fastapi import Depends, FastAPI
from fastapi.middleware.cors import CORSMiddleware

from recsvc import __version__
from recsvc.registry.store import Registry
from recsvc.service import middleware, problems
from recsvc.service.access import Sessions, require_known
from recsvc.service.caching import ETagMiddleware
from recsvc.service.counting import Counts, counts_of
from recsvc.service.identity import IdentityProvider
from recsvc.service.limiting import LimitMiddleware
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
    shared_page,
    similar,
    users,
)
from recsvc.service.routes import session as sessions
from recsvc.settings import Settings
from recsvc.usecases.deployment import DeploymentManager
from recsvc.usecases.opening import open_database
from recsvc.usecases.recommendation_tokens import RecommendationTokens
from recsvc.usecases.signing_key import signing_key
from recsvc.usecases.users import stars_by_kind_of

log = logging.getLogger(__name__)

_CORS: dict[str, Any] = {
    "allow_methods": ["GET", "POST", "PATCH", "DELETE"],
    "allow_headers": [
        "Authorization",
        "Content-Type",
        "If-Match",
        "If-None-Match",
        "X-API-Key",
        "X-Admin-Key",
        "X-Catalogue",
        "X-Edit-Token",
        "X-Request-ID",
    ],
    "expose_headers": ["ETag", "Location", "Retry-After", "X-Catalogue", "X-Request-ID"],
    "max_age": 600,
}
"""No credentials: tokens are sent as headers, and there are no cookies."""

_ROUTES = (
    recommendations,
    similar,
    feedback,
    movies,
    events,
    lists,
    shared_page,
    users,
    sessions,
    models,
    analytics,
    health,
    pages,
)

_FOR_ALL = (health, pages)
"""Probes, and pages that say nothing of anybody, have no key."""

DESCRIPTION = """
Personal movie recommendations as JSON: rate a movie with `POST /rate`, and the next `GET /recommend` counts it,
with an exact reason for every movie.

A visitor gets a token from `POST /session` and sends it as `Authorization: Bearer`; users of the operator's identity
provider send its tokens in the same way, and a service that has its own users names them by `user_id` instead.

Errors are `application/problem+json` (RFC 9457) and name the field. Users of the dataset (`ml-100k:196`) can be read
and not changed.
"""


def create_app(settings: Settings) -> FastAPI:
    """Create the service. It opens the database and the version when it starts, and closes them when it stops.

    Raises:
        ConfigurationError: Requests cannot be counted where the settings say.
    """
    counts = counts_of(settings)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        database = await open_database(settings, seconds=settings.database_seconds)
        manager = DeploymentManager(Registry(settings.artifacts_dir))
        key = await signing_key(settings, database)
        tokens = RecommendationTokens(key, days=settings.recommendation_days)
        app.state.database = database
        app.state.manager = manager
        app.state.one_change_at_a_time = CapacityLimiter(1)
        app.state.tokens = tokens
        app.state.sessions = Sessions(key, days=settings.session_days)
        app.state.identity = None if settings.jwt_algorithm is None else IdentityProvider(settings)
        app.state.presenter = Presenter(settings.poster_base_url, settings.backdrop_base_url, tokens)
        await asyncio.to_thread(manager.refresh)
        watch = asyncio.create_task(_watch(manager, settings.reload_seconds))
        try:
            yield
        finally:
            watch.cancel()
            with suppress(asyncio.CancelledError):
                await watch
            await counts.close()
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
    app.state.stars_by_kind = stars_by_kind_of(settings)
    add_middleware(app, settings, counts)
    problems.install(app)
    if settings.cors_origins:
        app.add_middleware(CORSMiddleware, allow_origins=settings.cors_origins, **_CORS)
    known_only = [Depends(require_known)] if settings.access == "keys" else []
    for module in _ROUTES:
        app.include_router(module.router, dependencies=[] if module in _FOR_ALL else known_only)
    app.include_router(pages.reports, dependencies=known_only)
    pages.mount_assets(app)
    return app


def add_middleware(app: FastAPI, settings: Settings, counts: Counts) -> None:
    """Add what every request passes to an application; each one that is added is around those before."""
    app.add_middleware(ETagMiddleware)
    app.add_middleware(middleware.BodyLimitMiddleware, max_body_bytes=settings.max_body_bytes)
    app.add_middleware(middleware.HostMiddleware, allowed_hosts=settings.allowed_hosts)
    app.add_middleware(middleware.FailureMiddleware)
    if settings.most_requests:
        app.add_middleware(LimitMiddleware, settings=settings, counts=counts)
    app.add_middleware(middleware.HeadMiddleware)
    app.add_middleware(middleware.HeadersMiddleware)
    app.add_middleware(middleware.RequestIdMiddleware)


async def _watch(manager: DeploymentManager, seconds: float) -> None:
    """Load what is in production again and again, since any process may promote a version."""
    while True:
        await asyncio.sleep(seconds)
        try:
            await asyncio.to_thread(manager.refresh)
        except Exception:  # the loop must not end, or no other version would ever be loaded
            log.exception("looking for another version failed")
