from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

import pytest

from recsvc.datasets.sample import read_sample
from recsvc.engine.engine import Engine
from recsvc.evaluation.report import baselines, curves, error_curves
from recsvc.evaluation.report.model_report import STEPS, render
from recsvc.models.hybrid import HybridConfig
from recsvc.models.kinds import MODELS
from recsvc.registry.store import Registry

pytest.importorskip("matplotlib")
pytest.importorskip("seaborn")


class Seen(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.outside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.outside += [value or "" for name, value in attrs if name in {"src", "srcset", "href"}]
        if tag not in {"meta", "img", "source"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fewer users, points and models than the page has in earnest."""
    monkeypatch.setattr(curves, "MOST_USERS", 60)
    monkeypatch.setattr(baselines, "MOST_RATINGS", 1000)
    few = {name: axis._replace(values=axis.values[:1]) for name, axis in error_curves.AXES["vbmf"].items()}
    monkeypatch.setattr(error_curves, "AXES", {"vbmf": few})


@pytest.mark.usefixtures("quick")
def test_the_page_is_whole_and_loads_nothing_from_elsewhere(sample_artifacts: Path) -> None:
    registry = Registry(sample_artifacts)
    engine = Engine(registry.open(registry.production()))
    steps: list[str] = []
    page, drawn = render(engine, read_sample(), HybridConfig(), seed=1, progress=steps.append, processes=1)
    assert len(steps) == STEPS
    seen = Seen()
    seen.feed(page)
    assert seen.open == []
    assert all(value.startswith("data:image/png;base64,") for value in seen.outside)
    assert len(seen.outside) == 2 * page.count("<figure>")
    assert "simulated" in page
    for title in (
        "Ratings by stars",
        "The long tail",
        "A map of movies",
        "What each rating adds: any rating",
        "What each rating adds: liked movies",
        "Relevance and variety",
        "Relevance and fame",
        "Predicted stars: vbmf",
        "Errors as it learns",
    ):
        assert title in page
    assert all(f"<th scope='row'>{kind}</th>" in page for kind in MODELS if kind not in baselines.SLOW)
    assert all(f"<li>{kind} is left out: it takes too long" in page for kind in baselines.SLOW)
    assert page.count("class='served'") == 1
    assert [*drawn] == [
        "learning",
        "diversity",
        "popularity",
        "errors by iteration",
        "errors by regularisation",
        "errors by factors",
    ]
    assert page.count("class='card'") == 15
