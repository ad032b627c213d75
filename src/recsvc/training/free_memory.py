"""How much memory is free for this process, by the machine and by the control groups that it is in."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path


def free_memory(root: Path = Path("/")) -> int | None:
    """Return the bytes that can still be taken: the least of the machine's and of each control group's (v1 and v2).

    What the kernel keeps of files counts as free, since it gives that back. None where neither is told, as on other
    systems than Linux.
    """
    free = [] if (available := _field(root / "proc/meminfo", "MemAvailable:")) is None else [available * 1024]
    groups = root / "sys/fs/cgroup"
    for path in _own_groups(root):
        for folder, names in (
            (groups / path, ("memory.max", "memory.current", "inactive_file")),
            (groups / "memory" / path, ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")),
        ):
            limit, used = (_number(folder / name) for name in names[:2])
            if limit is not None and used is not None:
                free.append(limit - used + (_field(folder / "memory.stat", names[2]) or 0))
    return max(min(free), 0) if free else None


def _own_groups(root: Path) -> list[Path]:
    """Return the groups of this process and those above them; a container sees its own as the root."""
    found = {Path()}
    with suppress(OSError):
        for line in (root / "proc/self/cgroup").read_text().splitlines():
            own = Path(line.split(":", 2)[2].lstrip("/"))
            found |= {own, *own.parents}
    return sorted(found)


def _number(path: Path) -> int | None:
    """Return the number in a file; None without one, as where a limit is `max`."""
    with suppress(OSError, ValueError):
        return int(path.read_text())
    return None


def _field(path: Path, name: str) -> int | None:
    with suppress(OSError):
        found = re.search(rf"^{name}\s+(\d+)", path.read_text(), re.MULTILINE)
        return None if found is None else int(found[1])
    return None
