from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from recsvc.datasets.sample import read_sample
from recsvc.engine.engine import Engine
from recsvc.evaluation.portrait.curves import DIVERSITIES, FOLDED_IN, Curve, diversity_curve, learning_curve
from recsvc.evaluation.portrait.page import STEPS, render
from recsvc.evaluation.portrait.plots import curve, picture
from recsvc.features.vocabulary import Vocabulary
from recsvc.models.hybrid import HybridConfig
from recsvc.registry.store import Registry
from tests.contracts.worlds import World, films, world_of

pytest.importorskip("matplotlib")
pytest.importorskip("seaborn")


def two_kinds() -> World:
    """Sixty people who rated forty films of one kind and none of the other, so that one rating says which kind."""
    rng = np.random.default_rng(3)
    rated = {
        str(person): {int(film) * 2 + person % 2 + 1: 5.0 for film in rng.choice(40, 36, replace=False)}
        for person in range(60)
    }
    return world_of(films(80), rated)


def test_one_rating_is_enough_where_it_says_everything() -> None:
    world = two_kinds()
    held = learning_curve(world.dataset, world.vocabulary, HybridConfig(), seed=1)
    assert held.x == FOLDED_IN
    hybrid, popularity = held.series["hybrid"], held.series["popularity"]
    assert hybrid[0] == pytest.approx(popularity[0])  # nothing is known of anyone yet
    assert min(hybrid[1:]) > 1.5 * popularity[0]


def test_diversity_trades_relevance_for_variety() -> None:
    sample = read_sample()
    vocabulary = Vocabulary.of(movie.movie_id for movie in sample.movies)
    held = diversity_curve(sample, vocabulary, HybridConfig(), seed=1)
    assert held.x == DIVERSITIES
    variety, found = held.series["variety"], held.series["ndcg@10"]
    assert variety == sorted(variety)
    assert variety[-1] > variety[0] + 0.02
    assert found[0] > found[5] > found[-1]


def test_a_picture_is_drawn_for_light_and_for_dark() -> None:
    found = picture(curve(Curve((1.0, 2.0), {"a": [1.0, 2.0]}), x="x", y="y"), alt="a line", size=(2, 1))
    images = re.findall(r"data:image/png;base64,[A-Za-z0-9+/=]+", found)
    assert len(set(images)) == 2
    assert 'media="(prefers-color-scheme: dark)"' in found
    assert 'alt="a line"' in found


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


def test_the_page_is_whole_and_loads_nothing_from_elsewhere(sample_artifacts: Path) -> None:
    registry = Registry(sample_artifacts)
    engine = Engine(registry.open(registry.production()))
    steps: list[str] = []
    page, curves = render(engine, read_sample(), HybridConfig(), seed=1, progress=steps.append)
    assert len(steps) == STEPS
    seen = Seen()
    seen.feed(page)
    assert seen.open == []
    assert all(value.startswith("data:image/png;base64,") for value in seen.outside)
    assert len(seen.outside) == 2 * page.count("<figure>")
    assert "simulated" in page
    for title in ("Ratings by stars", "The long tail", "A map of films", "Relevance and variety", "Relevance and fame"):
        assert title in page
    assert [*curves] == ["learning", "diversity", "popularity", "errors by epoch", "errors by regularisation"]
    assert page.count("class='card'") == 15
