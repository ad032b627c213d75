"""Measures what a service computes until it is ready, and the memory of one and of two that serve the same version.

It is the version in production in RECSVC_ARTIFACTS_DIR. The time is that of a processor, which others on the machine
do not lengthen. The memory is that of /proc/PID/smaps_rollup after a few requests: what several processes share counts
in each of them as its part of it.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import httpx

ASKED = ("/recommend?k=100", "/similar/1?k=100", "/movies?q=alien", "/movies/popular?k=100")
KINDS = ("Rss", "Pss", "Pss_Anon", "Pss_File", "Pss_Shmem")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    rounds = [measure(services) for _ in range(options.rounds) for services in (1, 2)]
    medians = {
        services: {
            name: statistics.median(one[name] for one in rounds if one["services"] == services) for name in rounds[0]
        }
        for services in (1, 2)
    }
    text = "\n".join(
        f"{services} serving: the last ready after {one['seconds']:.2f} s, together "
        + ", ".join(f"{kind} {one[kind]:.0f} MB" for kind in KINDS)
        for services, one in medians.items()
    )
    print(json.dumps(medians) if options.json else text)


def measure(services: int) -> dict[str, float]:
    """Start so many services, one after the other; return what the last computed, in s, and what all hold, in MB."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as running:
        started = [start(running, folder) for _ in range(services)]
        memory = [memory_of(process) for process, _ in started]
    total = {kind: sum(one[kind] for one in memory) for kind in KINDS}
    return {"services": services, "seconds": started[-1][1], **total}


def start(running: ExitStack, folder: str) -> tuple[int, float]:
    """Start a service that ends with the stack; return its process id and the seconds that it computed until ready."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    own = {
        "RECSVC_PORT": str(port),
        "RECSVC_DATABASE_URL": f"sqlite:///{folder}/recsvc.db",
        "RECSVC_LOG_LEVEL": "error",
    }
    process = subprocess.Popen(
        [str(Path(sys.executable).with_name("recsvc")), "serve"],
        env=os.environ | own,
        stdout=subprocess.DEVNULL,
    )
    running.callback(process.wait)
    running.callback(process.terminate)
    with httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
        while not is_ready(client):
            if process.poll() is not None:
                raise SystemExit("the service ended")
            time.sleep(0.05)
        ticks = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[11:13]
        seconds = sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")
        for path in ASKED:
            client.get(path).raise_for_status()
    return process.pid, seconds


def is_ready(client: httpx.Client) -> bool:
    try:
        return client.get("/health/ready").is_success
    except httpx.TransportError:
        return False


def memory_of(process: int) -> dict[str, float]:
    """Return the memory of a process by kind, in MB."""
    lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()[1:]
    return {line.split(":")[0]: int(line.split()[1]) * 1024 / 1e6 for line in lines}


if __name__ == "__main__":
    main()
