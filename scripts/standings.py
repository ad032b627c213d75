"""Measures how the hybrid stands against single models on all datasets, cell by cell, and prints one table.

Each cell (a model on one protocol, dataset and seed) is kept in a folder, and measured only if it is not there. See
`recsvc.research.standings`.
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

from recsvc import terminal
from recsvc.research.standings import cells, measure, report

FIVE, THREE = range(42, 47), range(42, 45)
DATASETS = {
    "ml-100k": FIVE,
    "ml-1m-part": THREE,
    "filmtrust": THREE,
    "half of ml-1m-part": THREE,
    "ml-latest-small with TMDB": THREE,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--data-dir", type=Path, default=os.environ.get("RECSVC_DATA_DIR"), required="RECSVC_DATA_DIR" not in os.environ
    )
    parser.add_argument("--kept", type=Path, required=True, help="folder of the cells")
    parser.add_argument("--dataset", action="append", choices=DATASETS, help="only this one; may be repeated")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    options.kept.mkdir(parents=True, exist_ok=True)
    datasets = {name: seeds for name, seeds in DATASETS.items() if name in (options.dataset or DATASETS)}
    with terminal.counting() as progress:
        measure(cells(datasets), options.data_dir, options.kept, processes=options.jobs, progress=progress)
    table = report(datasets, options.kept)
    if options.json:
        print(json.dumps(table, indent=2))
        return
    for row in table["rows"]:
        for kind in ("any", "liked"):
            side = row[kind]
            differences = "  ".join(
                f"{name} {one['difference']:+.4f} [{one['interval'][0]:+.4f}, {one['interval'][1]:+.4f}]"
                for name, one in side["differences"].items()
            )
            tuned = "  ".join(f"{name} x{ratio:.3f}" for name, ratio in side["tuned"].items())
            print(
                f"{row['dataset']:26} {row['protocol']:16} {kind:6} {side['ndcg@10']:.4f}",
                f"x{side['ratio']:.3f} of {side['best_single']:10}",
                differences,
                tuned,
                f"(defaults {side['models']['defaults']:.4f})" if "defaults" in side["models"] else "",
            )
    print(table["means"])


if __name__ == "__main__":
    main()
