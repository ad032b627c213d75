"""Measures the requests per second of GET /recommend as a share of those of a bare FastAPI app, with one worker.

The bare app (`ceiling.py`) has the same parameters, response model and bytes, and nothing else. The ratings of all
users of ml-100k are stored in SQLite (20-737 for each), and each request reads those of one user. wrk takes the two
services in turn, so that a machine that becomes slower slows both; the result is the median of the ratios.
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
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx

from recsvc.settings import Settings

CONNECTIONS = 16
DATASET = "ml-100k"
CEILING = Path(__file__).with_name("ceiling.py")
# A draw of the users, the same for both services.
WRK = """
local users = {%s}
math.randomseed(7)
request = function()
  return wrk.format("GET", "/recommend?user_id=" .. users[math.random(#users)])
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
        with ExitStack() as running:
            start(running, recsvc_serve(), settings_in_environment(settings))
            answer = ask(options.port)
            start(running, [sys.executable, str(CEILING), str(options.port + 1)], {}, answer)
            if ask(options.port + 1) != answer:
                raise SystemExit("the two services do not return the same bytes")
            report = measure(users, options, Path(folder))
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
    names = [f"bench-{label}" for label in ratings.user_labels]

    async def store() -> None:
        database = await Database.open(settings.database_url)
        columns = zip(ratings.users.tolist(), ratings.movie_ids.tolist(), ratings.stars.tolist(), strict=True)
        items = [Feedback(names[user], movie_id, FeedbackKind.RATING, stars) for user, movie_id, stars in columns]
        async with database.write() as session:
            await put_many(session, dataset.name, items)
        await database.close()

    asyncio.run(store())
    return names


def recsvc_serve() -> list[str]:
    return [str(Path(sys.executable).with_name("recsvc")), "serve"]


def settings_in_environment(settings: Settings) -> dict[str, str]:
    given = settings.model_dump(mode="json", exclude_unset=True)
    return {f"RECSVC_{name.upper()}": str(value) for name, value in given.items()}


def start(running: ExitStack, command: list[str], environment: dict[str, str], standard_input: bytes = b"") -> None:
    """Start a service that ends with the stack."""
    process = subprocess.Popen(
        command,
        env=os.environ | environment | {"OPENBLAS_NUM_THREADS": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
    )
    running.callback(process.wait)
    running.callback(process.terminate)
    assert process.stdin is not None
    process.stdin.write(standard_input)
    process.stdin.close()


def ask(port: int) -> bytes:
    """Return the answer for one user, once the service is there."""
    with httpx.Client(transport=httpx.HTTPTransport(retries=50)) as client:
        return client.get(f"http://127.0.0.1:{port}/recommend?user_id=bench-1").raise_for_status().content


def measure(users: list[str], options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Run wrk against both services in turn."""
    script = folder / "users.lua"
    script.write_text(WRK % ", ".join(f'"{user}"' for user in users))
    ports = {"ceiling": options.port + 1, "recommend": options.port}
    figures: dict[str, list[float]] = {name: [] for name in ports}
    for _ in range(options.rounds):
        for name, rates in figures.items():
            url = f"http://127.0.0.1:{ports[name]}"
            out = subprocess.run(
                ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{options.seconds}s", "-s", str(script), url],
                capture_output=True,
                text=True,
                check=True,
            ).stdout
            if "Non-2xx" in out or "Socket errors" in out:
                raise SystemExit(f"requests failed:\n{out}")
            rates.append(float(re.search(r"Requests/sec:\s+([\d.]+)", out)[1]))  # type: ignore[index]
    ratios = [recommend / ceiling for recommend, ceiling in zip(figures["recommend"], figures["ceiling"], strict=True)]
    return {**figures, "ratios": ratios, "median_ratio": statistics.median(ratios)}


def describe(report: dict[str, Any]) -> str:
    rows = [
        f"{name:10} {', '.join(f'{rate:,.0f}' for rate in report[name])} requests/s"
        for name in ("ceiling", "recommend")
    ]
    ratios = report["ratios"]
    last = (
        f"GET /recommend reaches {report['median_ratio']:.2f} of a bare FastAPI app with a constant answer "
        f"(median of the rounds; {min(ratios):.2f}-{max(ratios):.2f})"
    )
    return "\n".join([*rows, last])


if __name__ == "__main__":
    main()
