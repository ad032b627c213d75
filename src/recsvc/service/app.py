"""The application: settings in, FastAPI out. Importing this has no effects."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from fastapi import FastAPI

from recsvc import __version__
from recsvc.registry.store import Registry
from recsvc.service import problems
from recsvc.service.documented import Documented
from recsvc.service.presenting import Presenter
from recsvc.service.routes import feedback, health, models, movies, pages, recommend
from recsvc.service.security import Gatekeeper
from recsvc.settings import Settings
from recsvc.storage.database import Database
from recsvc.usecases.people import stars_of
from recsvc.usecases.serving import Serving

log = logging.getLogger(__name__)

DESCRIPTION = """
Personal movie recommendations as JSON: rate a film with `POST /rate`, and the next `GET /recommend` counts it,
with an exact reason for every film.

Errors are `application/problem+json` (RFC 9457) and name the field. People of the dataset (`ml-100k:196`) can be read
and not changed.
"""


def create_app(settings: Settings) -> FastAPI:
    """Make the service. What it opens (database, version), it opens when it starts and closes when it stops."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        database = await Database.open(settings.database_url)
        serving = Serving(Registry(settings.artifacts_dir))
        app.state.database = database
        app.state.serving = serving
        await asyncio.to_thread(serving.refresh)
        watch = asyncio.create_task(_watch(serving, settings.reload_seconds))
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
    app.state.presenter = Presenter(settings.poster_base_url)
    app.state.counts_as = stars_of(settings)
    app.add_middleware(Gatekeeper, allowed_hosts=settings.allowed_hosts, max_body_bytes=settings.max_body_bytes)
    problems.install(app)
    for module in (recommend, feedback, movies, models, health, pages):
        app.include_router(module.router)
    pages.mount_assets(app)
    return app


async def _watch(serving: Serving, seconds: float) -> None:
    """Follow what is in production, whoever promotes it."""
    while True:
        await asyncio.sleep(seconds)
        try:
            await asyncio.to_thread(serving.refresh)
        except Exception:  # who watches must not end, or no version would ever be picked up again
            log.exception("looking for another version failed")
