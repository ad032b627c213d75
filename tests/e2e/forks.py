"""Start `recsvc` commands quickly by forking.

Each line of the input is a command as JSON, and the output is its process id; or it is such an id, and the output is
the exit code of that process once it has ended, or minus the signal that killed it.
"""

from __future__ import annotations

import gc
import json
import os
import sys
from importlib import import_module
from typing import Any

from recsvc.cli import main
from recsvc.datasets import load
from recsvc.service import server
from recsvc.training import pipeline

IMPORTED_EARLY = (server, load, pipeline)
LEARNING = ("train", "retrain")
"""They import what no other command may, at their first matrix."""


def run(command: dict[str, Any]) -> None:
    """Run the command in this child process and exit."""
    log = os.open(command["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for descriptor, number in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(descriptor, number)
    os.environ.update(command["environment"])
    sys.argv = ["recsvc", *command["arguments"]]
    try:
        main()
    except SystemExit as end:
        os._exit(int(end.code or 0))
    os._exit(0)


def serve_forks() -> None:
    gc.freeze()  # no child looks for garbage among what was imported
    for line in sys.stdin:
        asked = json.loads(line)
        if isinstance(asked, int):
            _, status = os.waitpid(asked, 0)
            print(os.waitstatus_to_exitcode(status), flush=True)
            continue
        if asked["arguments"][0] in LEARNING:
            import_module("sklearn.feature_extraction.text")
        child = os.fork()
        if child == 0:
            run(asked)
        print(child, flush=True)


if __name__ == "__main__":
    serve_forks()
