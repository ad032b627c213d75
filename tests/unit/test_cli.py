"""The commands in this process; tests/e2e has some of them as real ones."""

from __future__ import annotations

import asyncio
import csv
import json
import shutil
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import NamedTuple, TypeAlias

import numpy as np
import pytest

from recsvc import cli
from recsvc.engine.engine import Engine
from recsvc.features.text import EMBEDDING
from recsvc.registry.store import Registry
from recsvc.storage import feedback
from recsvc.storage.database import Database
from recsvc.storage.feedback import Feedback
from recsvc.training import costs
from recsvc.types import FeedbackKind, title_and_year
from tests.standins.sentence_transformers import KNOWN
from tests.unit.datasets.folders import tmdb, tmdb_row, write_csv
from tests.versions import part_of_sample, publish_again, writable

STANDINS = Path(__file__).parents[1] / "standins"


class Done(NamedTuple):
    code: int
    out: str
    err: str

    def assert_one_line(self, *words: str) -> None:
        """It failed, and its last line says why; before it there is only a line of progress, and of what it needs."""
        assert self.code == 1
        assert self.out == ""
        *before, line = self.err.strip().splitlines()
        assert line.startswith("recsvc: "), self.err
        assert all("/6 " in one or one.startswith("training: about ") for one in before), self.err
        for word in words:
            assert word in line


Command: TypeAlias = Callable[..., Done]


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Command:
    """Run a command with these settings and no others."""
    for name in ("ARTIFACTS_DIR", "DATA_DIR", "DATABASE_URL", "PORT"):
        monkeypatch.delenv(f"RECSVC_{name}", raising=False)
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str, **settings: object) -> Done:
        with monkeypatch.context() as patch:
            patch.setattr(sys, "argv", ["recsvc", *arguments])
            for name, value in settings.items():
                patch.setenv(f"RECSVC_{name.upper()}", str(value))
            with pytest.raises(SystemExit) as end:
                cli.main()
        captured = capsys.readouterr()
        return Done(int(end.value.code or 0), captured.out, captured.err)

    return run


@pytest.fixture
def sample(sample_artifacts: Path) -> Path:
    """Not to be changed."""
    return sample_artifacts


@pytest.fixture
def unusable(tmp_path: Path) -> Path:
    """Below a file there can be no folder, whoever asks."""
    (tmp_path / "file.txt").write_text("no folder")
    return tmp_path / "file.txt" / "artifacts"


@pytest.mark.parametrize(
    "arguments",
    [
        ["models", "list"],
        ["models", "show"],
        ["models", "verify"],
        ["models", "rollback"],
        ["recommend", "--ratings", "Alien=5"],
    ],
    ids=" ".join,
)
def test_a_registry_that_cannot_be_read(command: Command, unusable: Path, arguments: list[str]) -> None:
    command(*arguments, artifacts_dir=unusable).assert_one_line(str(unusable), "Not a directory")


@pytest.mark.parametrize("arguments", [["show"], ["verify"], ["rollback"], ["promote", "20200101T000000Z-00000000"]])
def test_an_empty_registry(command: Command, tmp_path: Path, arguments: list[str]) -> None:
    command("models", *arguments, artifacts_dir=tmp_path / "none").assert_one_line("version")
    done = command("models", "list", artifacts_dir=tmp_path / "none")
    assert (done.code, done.err) == (0, "")
    assert not (tmp_path / "none").exists()


def test_a_dataset_that_is_not_there(command: Command, tmp_path: Path) -> None:
    command("train", "--dataset", "ml-1m").assert_one_line("RECSVC_DATA_DIR")
    command("train", "--dataset", "ml-1m", data_dir=tmp_path).assert_one_line("ml-1m", str(tmp_path))
    command("data", "describe", "--dataset", "ml-1m", data_dir=tmp_path).assert_one_line("ml-1m", str(tmp_path))
    command("train", "--tmdb", str(tmp_path)).assert_one_line("tmdb_5000_movies.csv")
    assert not list((tmp_path / "artifacts").rglob("manifest.json"))


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """A folder of datasets, one of which has a broken row."""
    folder = tmp_path / "data" / "ml-mine"
    folder.mkdir(parents=True)
    (folder / "movies.csv").write_text("movieId,title,genres\n1,Alien (1979),Horror|Sci-Fi\n2,Aliens (1986),Action\n")
    (folder / "ratings.csv").write_text("userId,movieId,rating,timestamp\n1,1,5.0,100\n1,2,five,101\n")
    return folder.parent


def test_a_broken_row_is_named(command: Command, broken: Path, tmp_path: Path) -> None:
    for arguments in (["train"], ["evaluate"], ["data", "describe"]):
        done = command(*arguments, "--dataset", "ml-mine", data_dir=broken)
        done.assert_one_line("ratings.csv:3:")
    assert not list((tmp_path / "artifacts").rglob("manifest.json"))


def test_a_broken_row_can_be_left_out(command: Command, broken: Path) -> None:
    done = command("data", "describe", "--dataset", "ml-mine", "--on-error", "skip", "--json", data_dir=broken)
    assert done.code == 0
    assert json.loads(done.out)["ratings"] == 1


def test_what_does_not_pass_the_gate_is_not_promoted(command: Command, broken: Path, tmp_path: Path) -> None:
    done = command("train", "--dataset", "ml-mine", "--on-error", "skip", data_dir=broken)
    assert done.code == 1
    assert "1 broken rows were left out" in done.err
    assert done.err.splitlines()[-1].startswith("recsvc: it was not promoted")
    registry = Registry(tmp_path / "artifacts")
    assert len(registry.manifests()) == 1
    assert registry.aliases.current() is None


def test_too_little_to_learn_from(command: Command, tmp_path: Path) -> None:
    command("train", "--min-ratings-per-user", "100000").assert_one_line("100000")
    assert not list((tmp_path / "artifacts").rglob("manifest.json"))


def test_what_cannot_be_evaluated(command: Command, unusable: Path) -> None:
    command("evaluate", "--models", "hybrid,nope").assert_one_line("nope", "hybrid")
    command("evaluate", "--models", "").assert_one_line("there is no model ''")
    command("evaluate", "--models", "hybrid,ease", "--lists", "lists.csv").assert_one_line("--lists")
    assert not Path("lists.csv").exists()
    command("evaluate", "--models", "popularity", "--lists", str(unusable)).assert_one_line(str(unusable))
    done = command("evaluate", "--models", "popularity", "--json", str(unusable))
    assert (done.code, done.err) == (1, f"recsvc: cannot write {unusable}: Not a directory\n")


def test_evaluate_with_the_table_and_a_file(command: Command, tmp_path: Path) -> None:
    done = command("evaluate", "--models", "popularity,content", "--json", str(tmp_path / "report.json"))
    assert done.code == 0
    assert "popularity" in done.out
    assert "content" in done.out
    report = json.loads((tmp_path / "report.json").read_text())
    assert [result["model"] for result in report["results"]] == ["popularity", "content"]


def test_a_report_is_of_the_data_that_the_version_was_trained_on(
    command: Command, sample: Path, tmp_path: Path
) -> None:
    texts = tmdb(tmp_path / "tmdb", [tmdb_row(348, "Alien", "1979-05-25", overview="A ship answers a call.")])
    done = command("report", "--tmdb", str(texts), artifacts_dir=sample)
    done.assert_one_line("--tmdb", Registry(sample).production())


def test_describing_the_sample(command: Command) -> None:
    done = command("data", "describe")
    assert done.code == 0
    assert "simulated" in done.out
    assert "long tail" in done.out
    assert json.loads(command("data", "describe", "--json").out)["movies"] == 500


@pytest.mark.parametrize(
    ("ratings", "words"),
    [
        ("Alein=5", ["'Alein'", "did you mean Alien (1979)"]),
        ("Alien=7", ["Alien=7", "0.5-5"]),
        ("Alien=4.2", ["0.5-5"]),
        ("Alien=five", ["does not have the form"]),
        ("Alien", ["does not have the form"]),
        ("", ["does not have the form"]),
        ("=5", ["does not have the form"]),
        ("Alien=5,Alien=4", ["twice"]),
        ("Alien (1978)=5", ["'Alien (1978)'"]),
    ],
)
def test_ratings_that_cannot_be_used(command: Command, sample: Path, ratings: str, words: list[str]) -> None:
    command("recommend", "--ratings", ratings, artifacts_dir=sample).assert_one_line(*words)


def test_recommend(command: Command, sample: Path) -> None:
    done = command("recommend", "--ratings", "Alien (1979)=5, aliens = 4.5", "--k", "3", artifacts_dir=sample)
    assert done.code == 0
    assert done.out.count("Alien") >= 3
    assert "simulated" in done.err


def test_without_a_version(command: Command) -> None:
    command("recommend", "--ratings", "Alien=5").assert_one_line("no version is in production")


@pytest.mark.parametrize("arguments", [["nope"], ["recommend"], ["recommend", "--k", "0"], ["train", "--seed", "-1"]])
def test_what_is_typed_wrong(command: Command, arguments: list[str]) -> None:
    done = command(*arguments)
    assert done.code == 2
    assert done.out == ""


def test_the_registry(command: Command, sample: Path, tmp_path: Path) -> None:
    artifacts = Path(shutil.copytree(sample, tmp_path / "artifacts"))
    first, second = Registry(artifacts).production(), publish_again(artifacts).version

    def models(*arguments: str) -> str:
        done = command("models", *arguments, artifacts_dir=artifacts)
        assert (done.code, done.err) == (0, "")
        return done.out

    listed = models("list")
    assert first in listed
    assert second in listed
    assert json.loads(models("show"))["version"] == first
    assert json.loads(models("show", second))["version"] == second
    assert f"{second} is whole" in models("verify", second)
    assert second in models("promote", second, "--why", "it is better")
    assert json.loads(models("show"))["version"] == second
    assert f"{first} answers 25.0% of the users" in models("challenge", first, "--weight", "0.25")
    assert "challenger, 25.0%" in models("list")
    command("models", "challenge", second, "--weight", "0.25", artifacts_dir=artifacts).assert_one_line("in production")
    assert "nobody" in models("challenge", first, "--weight", "0")
    assert "challenger" not in models("list")
    assert first in models("rollback")
    assert json.loads(models("show", "production"))["version"] == first
    assert [entry.why for entry in Registry(artifacts).aliases.entries()][1] == "it is better"

    command("models", "rollback", artifacts_dir=artifacts).assert_one_line("no earlier version")
    for name in ("show", "verify", "promote"):
        command("models", name, "nope", artifacts_dir=artifacts).assert_one_line("nope")
    array = writable(artifacts / "versions" / second) / "movies" / "ids.npy"
    array.write_bytes(array.read_bytes()[:-1])
    for name in ("verify", "promote"):
        command("models", name, second, artifacts_dir=artifacts).assert_one_line(second, "movies/ids.npy")
    (writable(artifacts / "versions" / second) / "manifest.json").unlink()
    assert "damaged" in models("list")


def test_train_publishes_and_promotes_what_passes_the_gate(command: Command, tmp_path: Path) -> None:
    done = command("train", "--no-promote", "--vectoriser", "counts", "--no-decades")
    assert done.code == 0
    registry = Registry(tmp_path / "artifacts")
    [name] = registry.names()
    assert registry.aliases.current() is None
    assert name in done.out
    assert "simulated" in done.err
    cost = registry.manifest(name).cost
    assert cost is not None
    assert f"training: about {cost.estimated_seconds:,.0f} s and {cost.estimated_bytes / 1e6:,.0f} MB" in done.err
    assert cost.seconds > 0
    assert cost.peak_bytes > 10**7
    assert registry.verify(name).config["hybrid"]["content"]["vectoriser"] == "counts"


def test_what_does_not_fit_into_memory_is_not_begun(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(costs, "free_memory", lambda: 10**6)
    monkeypatch.setattr(costs, "_resident", lambda: 10**8)
    command("train").assert_one_line("training needs about ", "and 1 MB are free", "--tune off")
    assert not (tmp_path / "artifacts").exists()


def test_settings_that_cannot_be_used(command: Command) -> None:
    command("models", "list", port=0).assert_one_line("RECSVC_PORT")
    done = command("models", "list", database_url="mysql://ada:swordfish@localhost/x")
    done.assert_one_line("RECSVC_DATABASE_URL: must start with sqlite:/// or postgresql://")
    assert "swordfish" not in done.err


def test_square_brackets_are_only_square_brackets(command: Command, tmp_path: Path) -> None:
    folder = tmp_path / "sets" / "mine"
    folder.mkdir(parents=True)
    folder.joinpath("movies.csv").write_text("movieId,title,genres\n1,[/foo] (1995),[g]\n2,[b]Alien (1979),Sci-Fi\n")
    folder.joinpath("ratings.csv").write_text("userId,movieId,rating,timestamp\n1,1,5,1\n1,2,4,2\n2,1,3,3\n")
    shown = command("data", "describe", "--dataset", "mine", "--data-dir", str(folder.parent))
    assert "[g] 1" in shown.out


def test_stars_from_a_filled_matrix_are_trained_and_served(command: Command) -> None:
    command("train", "--stars", "nmf", "--fill", "none").assert_one_line("fill must be a mean")
    assert command("train", "--stars", "nmf", "--fill", "user_mean").code == 0
    held = json.loads(command("models", "show").out)["components"]["stars"]
    assert (held["kind"], held["config"]["fill"]) == ("nmf", "user_mean")
    assert "stars" in command("recommend", "--ratings", "Alien=5,Aliens=4.5").out


def test_training_compares_texts_by_a_text_encoder(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "sentence_transformers", raising=False)
    monkeypatch.syspath_prepend(str(STANDINS))
    artifacts = tmp_path / "artifacts"
    done = command("train", artifacts_dir=artifacts, embedding_model=KNOWN)
    assert done.code == 0, done.err
    registry = Registry(artifacts)
    opened = registry.open(registry.production())
    assert opened.manifest.dataset.embedding_model == KNOWN
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)  # nothing of it serves
    content = Engine(opened).hybrid.content
    weight = content.config.weights[EMBEDDING]
    own = np.array([content.similar(row)[row] for row in range(50)])
    assert ((own > weight) & (own <= 1 + weight + 1e-6)).all()


def test_training_on_another_catalogue_says_how_to_switch(command: Command, sample: Path, tmp_path: Path) -> None:
    artifacts = Path(shutil.copytree(sample, tmp_path / "artifacts"))
    registry = Registry(artifacts)
    serving = registry.production()
    done = command("train", "--catalogue", "mine", artifacts_dir=artifacts)
    [version] = set(registry.names()) - {serving}
    assert done.code == 0
    assert registry.production() == serving
    assert registry.manifest(version).catalogue == "mine"
    *_, last = done.out.splitlines()
    assert last == f"recsvc models promote {version} --switch-catalogue"

    refused = command(*last.split()[1:-1], artifacts_dir=artifacts)
    refused.assert_one_line("catalogue mine", "sample serves", "--switch-catalogue")
    assert command(*last.split()[1:], artifacts_dir=artifacts).code == 0
    assert registry.production() == version
    command("models", "rollback", artifacts_dir=artifacts).assert_one_line("catalogue sample", "mine serves")
    assert command("models", "rollback", "--switch-catalogue", artifacts_dir=artifacts).code == 0
    assert registry.production() == serving


@pytest.mark.parametrize("name", ["", " ", "anon", "a:b", "Mine", "x" * 33])
def test_names_that_a_catalogue_cannot_have(command: Command, name: str) -> None:
    command("train", "--catalogue", name).assert_one_line("1 to 32 of a-z 0-9 . _ -")


def test_feedback_is_exported_and_carried(
    command: Command, renumbered_artifacts: tuple[Path, str], tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path}/recsvc.db"
    settings = {"artifacts_dir": renumbered_artifacts[0], "database_url": url}

    async def store() -> None:
        database = await Database.open(url)
        items = [Feedback("ann, or so", 100, FeedbackKind.RATING, 4.5), Feedback("bob", 1, FeedbackKind.SEEN)]
        async with database.write() as transaction:
            await feedback.put_many(transaction, "sample", items)
            await feedback.put(transaction, "", Feedback("old", 7, FeedbackKind.LIKED))
        await database.close()

    asyncio.run(store())
    done = command("feedback", "export", **settings)
    header, *rows = csv.reader(done.out.splitlines())
    assert header[:5] == ["catalogue", "user_id", "movie_id", "kind", "stars"]
    assert [row[:5] for row in rows] == [
        ["sample", "ann, or so", "100", "rating", "4.5"],
        ["sample", "bob", "1", "seen", ""],
        ["", "old", "7", "liked", ""],
    ]
    assert all(datetime.fromisoformat(row[header.index("updated_at")]).tzinfo is not None for row in rows)
    for chosen, users in (("sample", ["ann, or so", "bob"]), ("", ["old"]), ("others", [])):
        path = tmp_path / "feedback.csv"
        done = command("feedback", "export", "--catalogue", chosen, "--output", str(path), **settings)
        assert done.code == 0
        assert ("nothing is stored of the catalogue others" in done.err) is not bool(users)
        assert [row[1] for row in list(csv.reader(path.read_text().splitlines()))[1:]] == users
    assert [path.name for path in tmp_path.glob("*.unfinished")] == []

    for carried in ("1 of feedback, 0 lists", "0 of feedback, 0 lists"):
        lines = command("feedback", "carry", "--from", "sample", "--to", "others", **settings).out.splitlines()
        assert lines[0] == f"carried from sample to others: {carried}"
        assert lines[-2] == "not carried, since others does not have the movie: 1 of feedback"
        assert lines[-1].startswith("  1 × ")
    command("feedback", "carry", "--from", "sample", "--to", "nowhere", **settings).assert_one_line("nowhere")
    blocked = tmp_path / "no" / "such" / "folder.csv"
    command("feedback", "export", "--output", str(blocked), **settings).assert_one_line(str(blocked))


def test_tmdb_tables_alone_are_trained_on_and_not_measured(command: Command, tmp_path: Path) -> None:
    tmdb(tmp_path / "sets" / "mine", [tmdb_row(7, "Alien", vote_count=30), tmdb_row(9, "Aliens", vote_count=20)])
    settings = {"data_dir": tmp_path / "sets", "artifacts_dir": tmp_path / "artifacts"}
    done = command("train", "--dataset", "mine", **settings)
    assert done.code == 0
    assert "(without ratings there was nothing to test on)\nit is in production now" in done.out
    assert "Aliens (1995)" in command("recommend", "--ratings", "Alien=5", **settings).out
    for arguments in (("data", "describe"), ("evaluate",), ("tune",)):
        refused = command(*arguments, "--dataset", "mine", **settings)
        refused.assert_one_line("mine has 2 movies and no ratings")
    command("report", **settings).assert_one_line("mine has 2 movies and no ratings")


def test_a_report_reads_the_data_where_training_did(command: Command, tmp_path: Path) -> None:
    texts = tmdb(tmp_path / "tmdb", [tmdb_row(348, "Alien", "1979-05-25", overview="A ship answers a call.")])
    settings = {"artifacts_dir": tmp_path / "artifacts"}
    assert command("train", "--tmdb", "tmdb", **settings).code == 0
    [manifest] = Registry(tmp_path / "artifacts").manifests()
    assert (manifest.dataset.data_dir, manifest.dataset.tmdb) == (None, str(texts))
    texts.rename(tmp_path / "elsewhere")  # it is looked for there, and no option is asked for
    command("report", **settings).assert_one_line(f"no TMDB data in {texts}")


@pytest.mark.parametrize("given", ["0", "-1", "many", "1.5", ""])
def test_trials_are_a_number_or_off(command: Command, given: str) -> None:
    done = command("train", "--tune", given)
    assert done.code != 0
    assert "a number of trials, or off" in done.err


@pytest.fixture
def small(tmp_path: Path) -> tuple[str, ...]:
    """Arguments that name a dataset that is just large enough to search settings in."""
    part = part_of_sample(range(1, 201), range(300), name="small")
    users = [part.ratings.user_labels[user] for user in part.ratings.users.tolist()]
    columns = (users, part.ratings.movie_ids.tolist(), part.ratings.stars.tolist(), part.ratings.timestamps.tolist())
    folder = tmp_path / "sets" / "small"
    folder.mkdir(parents=True)
    write_csv(folder / "ratings.csv", [("userId", "movieId", "rating", "timestamp"), *zip(*columns, strict=True)])
    movies = [(one.movie_id, title_and_year(one.title, one.year), "|".join(one.genres)) for one in part.movies]
    write_csv(folder / "movies.csv", [("movieId", "title", "genres"), *movies])
    return "--dataset", "small", "--data-dir", str(folder.parent), "--jobs", "1", "--no-promote"


@pytest.mark.usefixtures("short_search")
def test_settings_are_searched_if_that_is_asked_for(command: Command, tmp_path: Path, small: tuple[str, ...]) -> None:
    done = command("train", "--tune", "2", *small, artifacts_dir=tmp_path / "artifacts")
    assert done.code == 0, done.err
    assert "searching settings: 2 trials, about " in done.err
    assert "the best of 2 settings reach " in done.out
    [manifest] = Registry(tmp_path / "artifacts").manifests()
    assert manifest.search is not None
    assert manifest.search["trials"] == 2


@pytest.mark.usefixtures("short_search")
def test_without_seconds_to_search_in_the_defaults_are_used(
    command: Command, tmp_path: Path, small: tuple[str, ...]
) -> None:
    done = command("train", "--tune", "40", "--tune-seconds", "0", *small, artifacts_dir=tmp_path / "artifacts")
    assert done.code == 0, done.err
    assert "the best of 1 settings reach 100.0%" in done.out


def test_the_doctor_finds_nothing_wrong(command: Command, sample_artifacts: Path, tmp_path: Path) -> None:
    done = command("doctor", artifacts_dir=sample_artifacts, database_url=f"sqlite:///{tmp_path}/recsvc.db")
    assert done.code == 0, done.out
    version = Registry(sample_artifacts).production()
    assert f"ok       registry: {version} of sample is whole, in production" in done.out
    assert f"ok       database: the database {tmp_path}/recsvc.db can be read and written" in done.out
    assert "ok       exposure: only this machine" in done.out
    assert "GB are free" in done.out
    assert "failure" not in done.out


def test_the_doctor_finds_what_is_wrong(command: Command, sample_artifacts: Path, tmp_path: Path) -> None:
    artifacts = Path(shutil.copytree(sample_artifacts, tmp_path / "artifacts"))
    version = Registry(artifacts).production()
    (writable(artifacts / "versions" / version) / "stray.npy").touch()
    (tmp_path / "no.db").write_text("no database" * 1000)
    settings = {"artifacts_dir": artifacts, "database_url": f"sqlite:///{tmp_path}/no.db"}
    done = command("doctor", **settings, allowed_hosts="localhost,movies.example", admin_key="open sesame, open sesame")
    assert done.code == 1
    assert (
        f"failure  registry: version {version} is damaged: stray.npy does not belong to it, in production" in done.out
    )
    assert "failure  database: cannot use the database" in done.out
    assert "warning  exposure: others can reach the service (movies.example)" in done.out
    assert "open sesame" not in done.out
    command("doctor", reload_second=1).assert_one_line("RECSVC_RELOAD_SECONDS")


def test_the_doctor_without_anything(command: Command) -> None:
    done = command("doctor")
    assert done.code == 1
    assert "failure  registry: no version is in production" in done.out


def test_keys_are_made_listed_and_revoked(command: Command, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/recsvc.db"
    key = command("keys", "add", "read", "write", "--note", "of the shop", database_url=url).out.strip()
    key_id = key.split("_")[1]
    listed = command("keys", "list", database_url=url).out
    assert listed.startswith(f"{key_id}  read write ")
    assert listed.endswith("  of the shop\n")
    assert key.split("_", 2)[2] not in listed
    assert command("keys", "revoke", key_id, database_url=url).out == f"{key_id} is revoked\n"
    assert command("keys", "list", database_url=url).out == ""
    command("keys", "revoke", key_id, database_url=url).assert_one_line(f"There is no API key {key_id}.")
    assert command("keys", "add", "everything", database_url=url).code == 2
