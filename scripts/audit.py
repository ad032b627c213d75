"""Asks for the known vulnerabilities of the packages in a lock file, by pip-audit.

Exit code 1: there are some. Where the data cannot be reached, it says that nothing was audited, and ends with 0.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parent.parent
SECONDS = 120


class Audit(NamedTuple):
    """The packages in question: those that were looked up, those that were not, and what is known of the former."""

    audited: list[str]
    not_audited: list[str]
    vulnerabilities: list[str]

    def told(self) -> str:
        """Return what to print."""
        lines = [f"vulnerable: {one}" for one in self.vulnerabilities]
        if self.not_audited:
            some = ", ".join(self.not_audited[:3])
            lines.append(
                f"NOT AUDITED: {len(self.not_audited)} of {len(self.audited) + len(self.not_audited)} packages could "
                f"not be looked up ({some} ...)"
            )
        if self.audited:
            lines.append(f"{len(self.audited)} packages were audited")
        return "\n".join(lines)


def read(report: dict[str, Any]) -> Audit:
    """Read the JSON of pip-audit."""
    packages = report["dependencies"]
    return Audit(
        [package["name"] for package in packages if "skip_reason" not in package],
        [package["name"] for package in packages if "skip_reason" in package],
        [
            f"{package['name']} {package['version']}: {known['id']}, mended in {' '.join(known['fix_versions']) or '?'}"
            for package in packages
            for known in package.get("vulns", ())
        ],
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lock", type=Path, default=ROOT / "requirements.lock")
    lock: Path = parser.parse_args().lock
    command = ["-r", str(lock), "--require-hashes", "--disable-pip", "--format", "json", "--progress-spinner", "off"]
    try:
        done = subprocess.run(
            [sys.executable, "-m", "pip_audit", *command], capture_output=True, text=True, timeout=SECONDS, check=False
        )
        audit = read(json.loads(done.stdout))
    except (subprocess.TimeoutExpired, ValueError) as error:
        print(f"NOT AUDITED: pip-audit gave no answer ({type(error).__name__})", file=sys.stderr)
        return
    print(audit.told(), file=sys.stderr)
    if audit.vulnerabilities:
        sys.exit(1)


if __name__ == "__main__":
    main()
