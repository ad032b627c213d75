"""A process of its own: `process.py FOLDER publish|append NAME COUNT`; it says "ready", and then each name as done."""

from __future__ import annotations

import sys
from pathlib import Path

from recsvc.registry.store import Registry
from tests.unit.registry.drafts import draft


def main(folder: str, action: str, name: str, count: str) -> None:
    registry = Registry(Path(folder))
    what = draft()
    print("ready", flush=True)
    sys.stdin.readline()
    for number in range(int(count)):
        if action == "publish":
            done = registry.publish(what).version
        else:
            done = registry.aliases.append(name, f"{name}-{number}", action="promote", who=name, why="x" * 200).version
        print(done, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
