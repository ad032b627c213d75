"""Tests of the commands as processes."""

from __future__ import annotations

import csv
import json
from pathlib import Path

from tests.e2e.processes import assert_one_line, run


def test_train_into_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file.txt").write_text("a file, below which no folder can be created")
    unwritable = tmp_path / "file.txt" / "artifacts"
    assert_one_line(run("train", artifacts_dir=unwritable), str(unwritable))


def test_evaluate_prints_json_and_nothing_else(tmp_path: Path) -> None:
    lists = tmp_path / "lists.csv"
    done = run("evaluate", "--dataset", "sample", "--models", "hybrid", "--json", "-", "--lists", str(lists))
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert (report["dataset"], report["simulated"], report["seed"]) == ("sample", True, 42)
    [result] = report["results"]
    assert result["model"] == "hybrid"
    assert 0.3 < result["ndcg@10"] < 0.5
    with lists.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["rank"] for row in rows[:10]] == [str(rank) for rank in range(1, 11)]
    assert list(rows[0]) == ["user", "rank", "movie_id", "score"]


def test_recommend_in_the_terminal(ml_100k_artifacts: Path) -> None:
    done = run("recommend", "--ratings", "Alien=5,Aliens=4.5", "--k", "5", artifacts_dir=ml_100k_artifacts)
    assert done.returncode == 0, done.stderr
    assert "Alien (+" in done.stdout
    assert "Terminator" in done.stdout
    assert "simulated" not in done.stdout + done.stderr
