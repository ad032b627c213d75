"""Measures what simulated attackers, who are a twentieth of all users, do to the lists of all others."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

from recsvc import terminal
from recsvc.datasets.load import read_dataset
from recsvc.research.attacks import attacks


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--data-dir", type=Path, default=os.environ.get("RECSVC_DATA_DIR"), required="RECSVC_DATA_DIR" not in os.environ
    )
    parser.add_argument("--dataset", default="ml-100k")
    parser.add_argument("--seed", type=int, default=42)
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    with terminal.counting() as progress:
        report = attacks(
            read_dataset(options.dataset, options.data_dir),
            seed=options.seed,
            processes=options.jobs,
            progress=progress,
        )
    if options.json:
        print(json.dumps(report, indent=2))
        return
    without = report["without"]
    print(f"{report['dataset']}, seed {report['seed']}; {report['share']:.0%} of the users are simulated attackers")
    for row in report["push"]:
        shares = row["in_lists"]
        ratios = (f"{kind} x{row['ndcg@10'][kind] / without[kind]:.4f}" for kind in without)
        told = f"in {sum(shares) / len(shares):.2%} of the lists of others (at most {max(shares):.2%})"
        print(f"push, {row['attack']}: {told}; nDCG@10", *ratios)
    ratios = (f"{kind} x{report['noise'][kind] / without[kind]:.4f}" for kind in without)
    print("noise: nDCG@10", *ratios)


if __name__ == "__main__":
    main()
