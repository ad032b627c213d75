"""Measures whether someone who likes several movies of one director or language gets the others of it, as one table."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

from recsvc import terminal
from recsvc.datasets.load import read_dataset, with_tmdb
from recsvc.research.affinity import affinity


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--data-dir", type=Path, default=os.environ.get("RECSVC_DATA_DIR"), required="RECSVC_DATA_DIR" not in os.environ
    )
    parser.add_argument("--dataset", default="ml-latest-small")
    parser.add_argument("--tmdb", default="tmdb-5000", help="folder of TMDB's tables, in --data-dir")
    parser.add_argument("--seed", type=int, default=42)
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    dataset = with_tmdb(read_dataset(options.dataset, options.data_dir), options.data_dir / options.tmdb)
    with terminal.counting() as progress:
        report = affinity(dataset, seed=options.seed, processes=options.jobs, progress=progress)
    if options.json:
        print(json.dumps(report, indent=2))
        return
    print(f"{report['dataset']}, seed {report['seed']}: {report['groups']}")
    for row in report["rows"]:
        ndcg = row.get("ndcg@10", {})
        print(
            f"{row['model']:24}",
            *(f"{facet} {row[facet]['mean'] or 0:.3f}" for facet in report["groups"]),
            *(f"nDCG@10 {kind} {value:.4f}" for kind, value in ndcg.items()),
        )


if __name__ == "__main__":
    main()
