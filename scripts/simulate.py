"""Simulates users who arrive, drift and rate what they are shown, and measures whether training again is worth it.

All users, movies and ratings are simulated. See `recsvc.research.simulation`, and `simulated_world` for what is drawn.
The plot is written to artifacts/simulation/, once for light and once for dark.
"""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from threadpoolctl import threadpool_limits

from recsvc import terminal
from recsvc.datasets.collected import Collected
from recsvc.datasets.dataset import Dataset
from recsvc.engine.engine import Engine
from recsvc.evaluation.report.plots import DARK, LIGHT
from recsvc.evaluation.results import Json
from recsvc.registry.store import Registry
from recsvc.research.simulated_world import make_world
from recsvc.research.simulation import Renewed, Retrain, simulate
from recsvc.research.simulation_plot import simulation_svg
from recsvc.training.config import TrainingConfig
from recsvc.training.gate_in_time import MOST_LIFT
from recsvc.training.pipeline import Folders, publish_trained
from recsvc.training.retraining import retrain
from recsvc.usecases.models import open_engine, promote

WHO = "scripts/simulate"
PLOTS = Path(__file__).parent.parent / "artifacts" / "simulation"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, default=3000)
    parser.add_argument("--days", type=int, default=60)
    parser.add_argument("--seed", type=int, default=42)
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    world = make_world(users=options.users, days=options.days, seed=options.seed)
    with TemporaryDirectory() as folder, threadpool_limits(1), terminal.counting() as progress:
        report = simulate(world, Registries(Path(folder), world.base).begin, progress=progress)
    PLOTS.mkdir(parents=True, exist_ok=True)
    for name, theme in (("light", LIGHT), ("dark", DARK)):
        (PLOTS / f"{name}.svg").write_bytes(simulation_svg(report, theme))
    if options.json:
        print(json.dumps(report, indent=2))
    else:
        tell(report)


def tell(report: Json) -> None:
    print(f"{report['users']:,} simulated users, {report['days']} days, seed {report['seed']}; means of the last days:")
    for row in report["policies"]:
        last = row["last_days"]
        low, high = last["interval"]
        print(
            f"{row['name']:41} nDCG@10 {last['ndcg@10']:.4f}, {last['difference']:+.4f} [{low:+.4f}, {high:+.4f}],",
            f"coverage {last['coverage@10']:.3f}, lift {last['popularity_lift']:.2f},",
            f"new movies {last['new_movies']:.4f}",
        )
        for one in row["retrainings"]:
            print(f"  after day {one['day']}: {'passed' if one['passed'] else 'not passed'}; {one['reason']}")


class Registries:
    """A registry of its own for each policy, all with the same first version."""

    def __init__(self, folder: Path, base: Dataset) -> None:
        self._folder, self._begun = folder, 0
        first = Registry(folder / "first")
        trained = publish_trained(base, TrainingConfig(), first, promote=False, who=WHO, progress=_no_progress)
        promote(first, trained.manifest.version, who=WHO, why="the first version")

    def begin(self, gated: bool) -> tuple[Engine, Retrain]:
        """Return the first version, and what trains the versions after it as `recsvc retrain --tune off` does."""
        self._begun += 1
        registry = Registry(Path(shutil.copytree(self._folder / "first", self._folder / str(self._begun))))

        def train_again(dataset: Dataset, collected: Collected, serving: Engine) -> Renewed:
            done = retrain(
                dataset,
                collected,
                registry,
                serving,
                promote=True,
                challenge=None,
                who=WHO,
                progress=_no_progress,
                read_from=Folders(),
                search_plan=None,
                check=lambda _version: None,
            )
            verdict, version = done.verdict, done.manifest.version
            if not (verdict.passed or gated):
                promote(registry, version, who=WHO, why="without the gate")
            said = {"passed": verdict.passed, "reason": verdict.reason, "users": verdict.metrics["users"]}
            if "serving" in verdict.metrics:
                own, before = verdict.metrics["hybrid"], verdict.metrics["serving"]
                said |= {f"{figure}_before": before[figure] for figure in ("ndcg@10", "popularity_lift")}
                said |= {figure: own[figure] for figure in ("ndcg@10", "popularity_lift")}
                said["most_lift"] = MOST_LIFT * before["popularity_lift"]
            return Renewed(open_engine(registry, version), registry.production() == version, said)

        return open_engine(registry, registry.production()), train_again


def _no_progress(_step: str) -> None:
    """Show no steps: the days are counted."""


if __name__ == "__main__":
    main()
