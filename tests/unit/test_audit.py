"""What is known of the installed packages: found is a failure, and what was not looked up is no pass."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "audit.py"


@pytest.fixture(scope="module")
def audit() -> ModuleType:
    spec = importlib.util.spec_from_file_location("audit", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


SOUND = {"name": "numpy", "version": "2.4.0", "vulns": []}
SKIPPED = {"name": "scipy", "skip_reason": "Dependency not found"}
KNOWN = {"id": "PYSEC-2026-1", "fix_versions": ["1.1"], "aliases": []}
VULNERABLE = {"name": "pillow", "version": "1.0", "vulns": [KNOWN]}


@pytest.mark.parametrize(
    ("packages", "told"),
    [
        ([SOUND], "1 packages were audited"),
        ([SKIPPED], "NOT AUDITED: 1 of 1 packages could not be looked up (scipy ...)"),
        ([SOUND, SKIPPED], "NOT AUDITED: 1 of 2 packages could not be looked up (scipy ...)\n1 packages were audited"),
        ([VULNERABLE], "vulnerable: pillow 1.0: PYSEC-2026-1, mended in 1.1\n1 packages were audited"),
    ],
)
def test_what_was_not_looked_up_is_told(audit: ModuleType, packages: list[dict[str, Any]], told: str) -> None:
    found = audit.read({"dependencies": packages})
    assert found.told() == told
    assert bool(found.vulnerabilities) == (VULNERABLE in packages)
