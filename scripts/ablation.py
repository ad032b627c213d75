"""Measures the served config and its alternatives on ratings that no reported figure is measured on.

See `recsvc.research.ablation`.
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

from recsvc import terminal
from recsvc.datasets.movielens import read_movielens
from recsvc.research.ablation import FIGURES, ablation


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--data-dir", type=Path, default=os.environ.get("RECSVC_DATA_DIR"), required="RECSVC_DATA_DIR" not in os.environ
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    dataset = read_movielens(options.data_dir / "ml-100k")
    with terminal.counting() as progress:
        report = ablation(dataset, processes=2, progress=progress)
    if options.json:
        print(json.dumps(report, indent=2))
        return
    for row in report["rows"]:
        print(row["name"], *(f"{row[figure]:.4f}" for figure in FIGURES))


if __name__ == "__main__":
    main()
