"""What serves is light: a process that answers requests never loads what only training needs."""

from __future__ import annotations

import json
import subprocess
import sys

from recsvc.registry.store import Registry

NEVER = {"pandas", "sklearn", "surprise", "matplotlib", "pyspark", "joblib"}

SERVING = """
import asyncio, json, sys

import numpy as np

from recsvc.engine.answer import UserProfile
from recsvc.engine.engine import NO_ROWS, Engine
from recsvc.engine.query import Filters, Query
from recsvc.registry.store import Registry
from recsvc.service.app import create_app
from recsvc.settings import Settings
from recsvc.types import Taste

folder, database = sys.argv[1:]
settings = Settings(artifacts_dir=folder, database_url=database)


async def ask(app, path):
    answered = []

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        answered.append(message)

    path, _, query = path.partition("?")
    await app(
        {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "root_path": "",
            "query_string": query.encode(),
            "headers": [(b"host", b"localhost")],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 8000),
        },
        receive,
        send,
    )
    return answered[0]["status"]


async def serve():
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        paths = ["/recommend?user_id=small-world:1&k=5&diversity=0.5", "/similar/3", "/movies?q=movie", "/openapi.json"]
        return [await ask(app, path) for path in paths]


statuses = asyncio.run(serve())
registry = Registry(settings.artifacts_dir)
engine = Engine(registry.open(registry.production()))
user = UserProfile(Taste(np.array([0, 4], np.int32), np.array([5, 1], np.float32)), NO_ROWS)
answer = engine.recommend(user, Query(k=5, diversity=0.5, filters=Filters(year_from=1950)))
engine.similar(0, k=5)
engine.search("movie", Filters())
print(json.dumps({"statuses": statuses, "items": len(answer.items), "modules": sorted(sys.modules)}))
"""


def test_what_serves_never_loads_what_only_training_needs(world_registry: Registry) -> None:
    database = f"sqlite:///{world_registry.folder.parent}/serving.db"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", SERVING, str(world_registry.folder), database],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["statuses"] == [200] * 4
    assert told["items"] == 5
    loaded = {module.partition(".")[0] for module in told["modules"]}
    assert {"fastapi", "numpy", "recsvc"} <= loaded
    assert loaded & NEVER == set()
    assert {
        module for module in told["modules"] if module.startswith(("recsvc.training", "recsvc.evaluation"))
    } == set()
