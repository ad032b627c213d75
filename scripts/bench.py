"""Measures the requests per second of GET /recommend as a share of those of a constant answer, with one worker.

Both run in one process, with the same parameters, response model, serialiser, middleware and bytes. The ratings of all
users of ml-100k are stored in SQLite (20-737 for each), and each request reads those of one user. wrk takes the two
endpoints in turn, so that a machine that becomes slower slows both; the result is the median of the ratios.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Annotated, Any

import httpx
import uvicorn
from fastapi import FastAPI, Query

from recsvc.service.app import create_app
from recsvc.service.schemas.recommendations import Recommendations, RecommendQuery
from recsvc.settings import Settings

CONNECTIONS = 16
DATASET = "ml-100k"
# A draw of the users, the same for both endpoints.
WRK = """
local users = {%s}
math.randomseed(7)
request = function()
  return wrk.format("GET", "%s?user_id=" .. users[math.random(#users)])
end
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--data-dir", type=Path, default=os.environ.get("RECSVC_DATA_DIR"), required="RECSVC_DATA_DIR" not in os.environ
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=5, help="of each run")
    parser.add_argument("--port", type=int, default=8765)
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(
            port=options.port,
            artifacts_dir=Path(folder) / "artifacts",
            database_url=f"sqlite:///{folder}/bench.db",
            log_level="error",
        )
        users = prepare(options.data_dir, settings)
        server = subprocess.Popen(
            [sys.executable, __file__, "--data-dir", str(options.data_dir)],
            env=os.environ | {"RECSVC_BENCH": settings.model_dump_json(), "OPENBLAS_NUM_THREADS": "1"},
        )
        try:
            report = measure(users, options, Path(folder))
        finally:
            server.terminate()
            server.wait()
    print(json.dumps(report, indent=2) if options.json else describe(report))


def prepare(data_dir: Path, settings: Settings) -> list[str]:
    """Train a version, and store the ratings of all users."""
    from recsvc.datasets.movielens import read_movielens
    from recsvc.registry.store import Registry
    from recsvc.storage.database import Database
    from recsvc.storage.feedback import Feedback, put_many
    from recsvc.training.config import TrainingConfig
    from recsvc.training.pipeline import publish_trained
    from recsvc.types import FeedbackKind

    dataset = read_movielens(data_dir / DATASET, name=DATASET)
    publish_trained(
        dataset, TrainingConfig(), Registry(settings.artifacts_dir), promote=True, who="bench", progress=lambda _: None
    )
    ratings = dataset.ratings
    names = [f"bench:{label}" for label in ratings.user_labels]

    async def store() -> None:
        database = await Database.open(settings.database_url)
        columns = zip(ratings.users.tolist(), ratings.movie_ids.tolist(), ratings.stars.tolist(), strict=True)
        items = [Feedback(names[user], movie_id, FeedbackKind.RATING, stars) for user, movie_id, stars in columns]
        async with database.write() as session:
            await put_many(session, items)
        await database.close()

    asyncio.run(store())
    return names


def serve(settings: Settings) -> None:
    """Run the service with one more endpoint, which always returns the answer for one user."""
    app: FastAPI = create_app(settings)
    answers: list[Recommendations] = []

    @app.get("/constant")
    async def constant(_query: Annotated[RecommendQuery, Query()]) -> Recommendations:
        return answers[0]

    def fetch() -> None:
        url = f"http://127.0.0.1:{settings.port}"
        with httpx.Client(transport=httpx.HTTPTransport(retries=50)) as client:
            answers.append(Recommendations.model_validate(client.get(f"{url}/recommend?user_id=bench:1").json()))

    threading.Thread(target=fetch, daemon=True).start()
    uvicorn.run(app, port=settings.port, log_level="error", access_log=False, server_header=False)


def measure(users: list[str], options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Run wrk against both endpoints in turn."""
    url = f"http://127.0.0.1:{options.port}"
    with httpx.Client(transport=httpx.HTTPTransport(retries=50)) as client:
        while client.get(f"{url}/constant").status_code != 200:
            pass
        if client.get(f"{url}/constant").content != client.get(f"{url}/recommend?user_id=bench:1").content:
            raise SystemExit("the two endpoints do not return the same bytes")
    figures: dict[str, list[float]] = {"constant": [], "recommend": []}
    for _ in range(options.rounds):
        for name, rates in figures.items():
            script = folder / f"{name}.lua"
            script.write_text(WRK % (", ".join(f'"{user}"' for user in users), f"/{name}"))
            out = subprocess.run(
                ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{options.seconds}s", "-s", str(script), url],
                capture_output=True,
                text=True,
                check=True,
            ).stdout
            if "Non-2xx" in out or "Socket errors" in out:
                raise SystemExit(f"requests failed:\n{out}")
            rates.append(float(re.search(r"Requests/sec:\s+([\d.]+)", out)[1]))  # type: ignore[index]
    ratios = [
        recommend / constant for recommend, constant in zip(figures["recommend"], figures["constant"], strict=True)
    ]
    return {
        "constant": figures["constant"],
        "recommend": figures["recommend"],
        "ratios": ratios,
        "median_ratio": statistics.median(ratios),
    }


def describe(report: dict[str, Any]) -> str:
    rows = [
        f"{name:10} {', '.join(f'{rate:,.0f}' for rate in report[name])} requests/s"
        for name in ("constant", "recommend")
    ]
    last = f"GET /recommend reaches {report['median_ratio']:.2f} of a constant answer (median of the rounds)"
    return "\n".join([*rows, last])


if __name__ == "__main__":
    if "RECSVC_BENCH" in os.environ:
        serve(Settings.model_validate_json(os.environ["RECSVC_BENCH"]))
    else:
        main()
