"""Writes the figures of README.md from what the commands beside them print; none of them is written by hand."""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
EVALUATE = "recsvc evaluate --dataset ml-100k --protocol ms-recommenders --models all --json -"
BENCH = "scripts/bench --json"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-dir", type=Path, default=os.environ.get("RECSVC_DATA_DIR"))
    options = parser.parse_args()
    environment = os.environ | {
        "RECSVC_DATA_DIR": str(options.data_dir),
        "PATH": f"{ROOT}/.venv/bin:{os.environ['PATH']}",
    }

    def run(command: str) -> dict[str, Any]:
        print(command, file=sys.stderr)
        out = subprocess.run(command, shell=True, check=True, capture_output=True, text=True, cwd=ROOT, env=environment)
        report: dict[str, Any] = json.loads(out.stdout)
        return report

    readme = ROOT / "README.md"
    section = f"{models(run(EVALUATE))}\n\n{speed(run(BENCH))}\n"
    marked = re.sub(
        r"(?s)(<!-- figures:begin -->\n).*(<!-- figures:end -->)",
        lambda found: found[1] + section + found[2],
        readme.read_text(),
    )
    readme.write_text(marked)


def models(report: dict[str, Any]) -> str:
    names = [name for name, value in report["results"][0].items() if isinstance(value, float) and "@" in name]
    people = report["results"][0]["people"]
    lines = [
        f"`{EVALUATE}`:",
        f"a quarter of every film's ratings held out, lists of 10, {people} people;",
        "*liked* counts only ratings of 4 stars or more as found.",
        "",
        f"| model | {' | '.join(names)} | {names[0]} liked |",
        "|---" * (len(names) + 2) + "|",
    ]
    for result in report["results"]:
        figures = [*(result[name] for name in names), result["liked"][names[0]]]
        lines.append(f"| {result['model']} | {' | '.join(f'{figure:.4f}' for figure in figures)} |")
    return "\n".join(lines)


def speed(report: dict[str, Any]) -> str:
    ratios, constant = report["ratios"], report["constant"]
    return "\n".join(
        [
            f"`{BENCH}`: `wrk` with 16 connections against one worker on ml-100k,",
            "a random person's 20-737 ratings read from SQLite on each request:",
            f"`GET /recommend` reaches **{report['median_ratio']:.2f}** of the requests/s of a constant answer",
            "in the same process (same parameters, response model, serialiser, middleware and bytes; rounds",
            f"{min(ratios):.2f}-{max(ratios):.2f}; the constant answer {min(constant):,.0f}-{max(constant):,.0f}).",
        ]
    )


if __name__ == "__main__":
    main()
