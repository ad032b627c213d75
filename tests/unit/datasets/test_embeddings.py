from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from recsvc.datasets import embeddings
from recsvc.datasets.embeddings import batches, description, with_embeddings
from recsvc.datasets.preprocess import fingerprint
from recsvc.datasets.sample import read_sample
from recsvc.errors import ConfigurationError
from recsvc.types import Movie, known_fields
from tests.standins.sentence_transformers import BROKEN, KNOWN

STANDINS = Path(__file__).parents[2] / "standins"


def no_progress(_name: str, _total: int) -> None:
    pass


@pytest.fixture
def encoders(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "sentence_transformers", raising=False)
    monkeypatch.syspath_prepend(str(STANDINS))


def test_a_description_is_all_that_is_said_of_the_subject() -> None:
    movie = Movie(
        1,
        "Heat",
        1995,
        ("Action", "Crime"),
        overview="Two men meet.",
        keywords=("heist",),
        tags=("al pacino",),
        directors=("Michael Mann",),
    )
    assert description(movie) == "Heat. Action, Crime. Two men meet. heist, al pacino"
    assert description(Movie(1, "Heat")) == "Heat."


@pytest.mark.usefixtures("encoders")
def test_every_movie_gets_the_vector_of_its_description(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embeddings, "BATCH", 100)
    sample = read_sample()
    calls: list[tuple[str, int]] = []
    found = with_embeddings(sample, KNOWN, lambda *call: calls.append(call))
    assert calls == [("embedding the texts", batches(sample))] * batches(sample)
    assert batches(sample) == -(-len(sample.movies) // 100) > 1
    assert found.embedding_model == KNOWN
    for movie, before in zip(found.movies, sample.movies, strict=True):
        words = description(movie).split()
        expected = np.bincount([min(len(word), 15) for word in words], minlength=16)
        assert np.frombuffer(movie.embedding, "<f4").tolist() == expected.tolist()
        assert known_fields(movie) == known_fields(before)
    assert fingerprint(found) == fingerprint(sample)


@pytest.mark.usefixtures("encoders")
@pytest.mark.parametrize(("model", "reason"), [("no-such", "no-such is not a local folder$"), (BROKEN, "not finite")])
def test_a_model_that_cannot_be_used_is_named(model: str, reason: str) -> None:
    with pytest.raises(ConfigurationError, match=f"RECSVC_EMBEDDING_MODEL: {model} .*{reason}"):
        with_embeddings(read_sample(), model, no_progress)


def test_without_the_extra_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(ConfigurationError, match=r"recsvc\[embeddings\]"):
        with_embeddings(read_sample(), KNOWN, no_progress)
