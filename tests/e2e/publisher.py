"""Trains on the sample once, and publishes the result many times, killed after so many seconds: `publisher.py FOLDER`.

A number on a line is how long a child may publish and promote before it is killed; `inf` lets it end. The answer is
`seconds published-for, exit code`, where a killed child has the code -9.
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


def one_child(seconds: float) -> bool:
    """Fork and kill; True in the child, which goes on to publish."""
    reading, writing = os.pipe()
    began = time.perf_counter()
    child = os.fork()
    if child == 0:
        return True
    os.close(writing)
    # The child holds the writing end: the other end becomes readable when it ends.
    select.select([reading], [], [], None if seconds == float("inf") else seconds)
    taken = time.perf_counter() - began
    os.kill(child, signal.SIGKILL)  # not waited for yet, so that the id is still its own
    _, status = os.waitpid(child, 0)
    os.close(reading)
    print(taken, os.waitstatus_to_exitcode(status), flush=True)
    return False


def at_each_step(name: str) -> None:
    if name != "publishing":
        return
    print("ready", flush=True)
    for line in iter(sys.stdin.readline, ""):
        if one_child(float(line)):
            return
    os._exit(0)


if __name__ == "__main__":
    publish_trained(
        read_sample(), TrainingConfig(), Registry(Path(sys.argv[1])), promote=True, who="tests", progress=at_each_step
    )
    os._exit(0)
