"""Train on the sample once and publish the result many times in children that are killed: `publisher.py FOLDER`.

Each line of the input is the number of seconds after which a child that publishes and promotes is killed; `inf` lets
it end. Each line of the output is the seconds that it ran and its exit code, which is -9 for a killed child.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import time
from pathlib import Path

from recsvc.datasets.sample import read_sample
from recsvc.registry.store import Registry
from recsvc.training.config import TrainingConfig
from recsvc.training.pipeline import publish_trained


def fork_child(seconds: float) -> bool:
    """Fork a child and kill it after some seconds; returns True in the child, which then publishes."""
    reading, writing = os.pipe()
    began = time.perf_counter()
    child = os.fork()
    if child == 0:
        return True
    os.close(writing)
    # The child has the writing end open: the reading end becomes readable when the child ends.
    select.select([reading], [], [], None if seconds == float("inf") else seconds)
    taken = time.perf_counter() - began
    os.kill(child, signal.SIGKILL)  # it was not waited for yet, so the id cannot belong to another process
    _, status = os.waitpid(child, 0)
    os.close(reading)
    print(taken, os.waitstatus_to_exitcode(status), flush=True)
    return False


def at_each_step(name: str) -> None:
    if name != "publishing":
        return
    print("ready", flush=True)
    for line in iter(sys.stdin.readline, ""):
        if fork_child(float(line)):
            return
    os._exit(0)


if __name__ == "__main__":
    publish_trained(
        read_sample(), TrainingConfig(), Registry(Path(sys.argv[1])), promote=True, who="tests", progress=at_each_step
    )
    os._exit(0)
