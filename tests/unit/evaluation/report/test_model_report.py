from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

import pytest

from recsvc.engine.engine import Engine
from recsvc.evaluation.report import baselines, curves, error_curves, plots
from recsvc.evaluation.report.charts import DrawnChart, Section
from recsvc.evaluation.report.example_lists import ExampleUser, ListedMovie, Neighbourhood
from recsvc.evaluation.report.model_report import METRIC_NAMES, TEMPLATE, make_report
from recsvc.evaluation.report.plots import Picture
from recsvc.models.hybrid import Hybrid, HybridConfig
from recsvc.models.kinds import MODELS
from recsvc.registry.store import Registry
from recsvc.templating import render
from recsvc.training.config import TrainingConfig
from recsvc.training.pipeline import SearchPlan, publish_trained
from tests.requirements import need_extra
from tests.versions import part_of_sample

need_extra("report", "matplotlib", "seaborn")


class Reader(HTMLParser):
    """Checks that all elements are closed, and collects what the page would fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.fetched: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.fetched += [value or "" for name, value in attrs if name in {"src", "srcset", "href"}]
        if tag not in {"meta", "img", "source"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fewer users, points, models and pixels than in a real report."""
    monkeypatch.setattr(plots, "DPI", 40)
    monkeypatch.setattr(curves, "MAX_USERS", 60)
    monkeypatch.setattr(baselines, "MAX_RATINGS", 1000)
    few = {name: axis._replace(values=axis.values[:1]) for name, axis in error_curves.AXES["vbmf"].items()}
    monkeypatch.setattr(error_curves, "AXES", {"vbmf": few})


@pytest.mark.usefixtures("quick", "short_search")
def test_the_page_is_complete_and_loads_nothing_from_elsewhere(tmp_path: Path) -> None:
    dataset, registry = part_of_sample(range(1, 201), range(200), name="part"), Registry(tmp_path)
    publish_trained(
        dataset,
        TrainingConfig(),
        registry,
        promote=False,
        who="tests",
        progress=lambda _step: None,
        search_plan=SearchPlan(2),
    )
    engine = Engine(registry.open(registry.names()[0]))
    done: list[tuple[str, int]] = []
    page, drawn = make_report(
        engine, dataset, HybridConfig(), seed=1, progress=lambda *job: done.append(job), processes=1
    )
    assert {total for _, total in done} == {len(done)}
    assert {"hybrid, seed 1", "learning", "diversity", "popularity 0", "vbmf", "map"} < {name for name, _ in done}
    reader = Reader()
    reader.feed(page)
    assert reader.open == []
    assert "script" not in reader.tags
    assert all(value.startswith("data:image/png;base64,") for value in reader.fetched)
    assert len(reader.fetched) == 2 * page.count("<figure>")
    assert page.count('media="(prefers-color-scheme: dark)"') == page.count("<figure>")
    assert "simulated" in page
    assert "2 trials; the best reach 10" in page
    for title in (
        "Ratings by stars",
        "The long tail",
        "A map of movies",
        "What each rating adds: any rating",
        "What each rating adds: liked movies",
        "Relevance and variety",
        "Relevance and popularity",
        "Predicted stars: vbmf",
        "Errors as it learns",
    ):
        assert title in page
    assert all(f'<th scope="row">{kind}</th>' in page for kind in MODELS if kind not in baselines.SLOW)
    assert all(f"<li>{kind} is left out: it takes too long" in page for kind in baselines.SLOW)
    assert page.count('class="served"') == 1
    assert f'class="served"><th scope="row">{Hybrid.kind}</th>' in page
    assert all(name in page for name in METRIC_NAMES.values())
    assert [*drawn] == [
        "learning",
        "diversity",
        "popularity",
        "errors by iteration",
        "errors by regularisation",
        "errors by factors",
    ]
    assert page.count('class="card"') == 15


def test_titles_names_and_notices_are_escaped() -> None:
    bold = "<b>&"
    movie = ListedMovie(bold, 1999, bold)
    page = render(
        TEMPLATE,
        dataset=bold,
        version=bold,
        trained=bold,
        notice=bold,
        numbers=[(bold, bold)],
        headings=[bold],
        rows=[[bold, bold]],
        served="hybrid",
        facts=[bold],
        sections=[Section(bold, [DrawnChart(bold, Picture("data:,", "data:,", 2, 1), bold)])],
        users=[ExampleUser(bold, 1, [movie], [movie])],
        neighbourhoods=[Neighbourhood(movie, [movie])],
    )
    reader = Reader()
    reader.feed(page)
    assert reader.open == []
    assert "b" not in reader.tags
    assert page.count("&lt;b&gt;&amp;") == 24
    assert 'alt="&lt;b&gt;&amp;"' in page
    assert 'width="2" height="1" loading="lazy"' in page
    assert page.count("<small>(1999)</small>") == 4


def test_a_movie_without_a_year_and_a_note_has_only_its_title() -> None:
    names = dict.fromkeys(("dataset", "version", "trained", "notice", "served"), "")
    lists: dict[str, list[str]] = {name: [] for name in ("numbers", "headings", "rows", "facts", "sections", "users")}
    alone = Neighbourhood(ListedMovie("Alien", None), [ListedMovie("Aliens", None)])
    page = render(TEMPLATE, **names, **lists, neighbourhoods=[alone])
    assert "<h3>Alien</h3>" in page
    assert "<li>Aliens</li>" in page
    assert 'class="notice"' not in page
