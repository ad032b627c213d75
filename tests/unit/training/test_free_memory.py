from __future__ import annotations

from pathlib import Path

import pytest

from recsvc.training.free_memory import free_memory

MACHINE = {"proc/meminfo": "MemTotal:       8000 kB\nMemFree:         100 kB\nMemAvailable:   5000 kB\n"}
NO_LIMIT_OF_V1 = str(2**63 - 4096)


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, None),
        (MACHINE, 5000 * 1024),
        ({**MACHINE, "sys/fs/cgroup/memory.max": "max\n", "sys/fs/cgroup/memory.current": "77\n"}, 5000 * 1024),
        ({**MACHINE, "sys/fs/cgroup/memory.max": "1000\n", "sys/fs/cgroup/memory.current": "400\n"}, 600),
        (
            {
                "sys/fs/cgroup/memory.max": "1000\n",
                "sys/fs/cgroup/memory.current": "400\n",
                "sys/fs/cgroup/memory.stat": "anon 100\ninactive_file 250\nactive_file 50\n",
            },
            850,
        ),
        ({"sys/fs/cgroup/memory.max": "1000", "sys/fs/cgroup/memory.current": "1200"}, 0),
        (
            {
                **MACHINE,
                "proc/self/cgroup": "0::/jobs/one\n",
                "sys/fs/cgroup/jobs/memory.max": "900",
                "sys/fs/cgroup/jobs/memory.current": "500",
                "sys/fs/cgroup/jobs/one/memory.max": "max",
                "sys/fs/cgroup/jobs/one/memory.current": "100",
            },
            400,
        ),
        (
            {
                **MACHINE,
                "proc/self/cgroup": "9:memory:/job\n8:pids:/\n",
                "sys/fs/cgroup/memory/memory.limit_in_bytes": NO_LIMIT_OF_V1,
                "sys/fs/cgroup/memory/memory.usage_in_bytes": "5000",
                "sys/fs/cgroup/memory/job/memory.limit_in_bytes": "3000",
                "sys/fs/cgroup/memory/job/memory.usage_in_bytes": "2500",
                "sys/fs/cgroup/memory/job/memory.stat": "inactive_file 1\ntotal_inactive_file 200\n",
            },
            700,
        ),
    ],
)
def test_the_least_of_what_the_machine_and_the_groups_leave(
    tmp_path: Path, files: dict[str, str], expected: int | None
) -> None:
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    assert free_memory(tmp_path) == expected


def test_here() -> None:
    free = free_memory()
    assert free is None or free > 10**6
