"""Running the service: the socket first, so that a port in use is one clear line."""

from __future__ import annotations

import asyncio
import logging
import os
import socket

import uvicorn

from recsvc.errors import ConfigurationError
from recsvc.service.app import create_app
from recsvc.settings import Settings
from recsvc.storage.database import Database

BACKLOG = 2048


def run(settings: Settings) -> None:
    """Serve until interrupted.

    Raises:
        ConfigurationError: the port is in use, the address is not ours, or the database cannot be opened.
    """
    # One worker is one core: threads of the linear algebra would only get in each other's way.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    logging.basicConfig(level=settings.log_level.upper(), format="%(levelname)s %(name)s: %(message)s")
    listening = _listen(settings)
    asyncio.run(_check_database(settings))
    config = uvicorn.Config(
        create_app(settings), log_level=settings.log_level, access_log=False, log_config=None, server_header=False
    )
    try:
        uvicorn.Server(config).run([listening])
    except KeyboardInterrupt:
        pass
    finally:
        listening.close()


def _listen(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listening = socket.socket(family)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((settings.host, settings.port))
        listening.listen(BACKLOG)
    except OSError as error:
        listening.close()
        raise ConfigurationError(
            f"cannot listen on {settings.host}:{settings.port}: {error.strerror or error}"
        ) from None
    return listening


async def _check_database(settings: Settings) -> None:
    """Open the database once before the server starts, so that what is wrong with it is one line and no traceback."""
    database = await Database.open(settings.database_url)
    await database.close()
