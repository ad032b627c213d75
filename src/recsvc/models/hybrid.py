"""The hybrid: one more model, over models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from recsvc.features.interactions import Interactions
from recsvc.models.collaborative import Collaborative, CollaborativeConfig
from recsvc.models.content import Content, ContentConfig
from recsvc.models.contract import Capabilities, Explanation, ItemToItem, Model
from recsvc.models.fused import Fused, Part
from recsvc.models.popularity import Popularity, PopularityConfig
from recsvc.models.prospects import Prospects, ProspectsConfig
from recsvc.types import EMPTY_TASTE, FloatMatrix, FloatMovies, Movie, Rows, State, Taste

SCALE_PEOPLE = 500
SCALE_MOVIES = 500
REFERENCE = "collaborative"
LEAST_AGREEMENT = 0.05


@dataclass(frozen=True, slots=True)
class HybridConfig:
    """The configs of the parts, and how much each counts.

    `weights` for scores, `similar_weights` for what is similar, where parts are cosines and need no common scale.
    """

    collaborative: CollaborativeConfig = field(default_factory=CollaborativeConfig)
    content: ContentConfig = field(default_factory=ContentConfig)
    popularity: PopularityConfig = field(default_factory=PopularityConfig)
    prospects: ProspectsConfig = field(default_factory=ProspectsConfig)
    weights: Mapping[str, float] = field(
        default_factory=lambda: {"collaborative": 0.84, "content": 0.12, "popularity": 0.01, "prospects": 0.03}
    )
    similar_weights: Mapping[str, float] = field(default_factory=lambda: {"collaborative": 0.085, "content": 0.915})


class Scale(NamedTuple):
    """Centre and spread of a part's numbers, learned in training and fixed from then on."""

    centre: float
    spread: float


class Hybrid(Model):
    """`sum_p w_p (s_p - centre_p) / spread_p`, divided by the weights of the parts that speak about a film.

    With no history only popularity speaks, so that a stranger gets exactly the popular films. A film that nobody rated
    is spoken for by its content alone. Everything is linear in the parts, so that baselines and contributions add up as
    theirs do.
    """

    kind: ClassVar[str] = "hybrid"
    capabilities: ClassVar[Capabilities] = Capabilities(
        new_people=True, new_movies=True, similar=True, stars=False, explains=True, personal=True
    )

    def __init__(self, config: HybridConfig | None = None) -> None:
        self.config = config or HybridConfig()
        self.parts: dict[str, Model] = {
            "collaborative": Collaborative(self.config.collaborative),
            "content": Content(self.config.content),
            "popularity": Popularity(self.config.popularity),
            "prospects": Prospects(self.config.prospects),
        }
        self._scales: dict[str, Scale] = {}
        self._similar_scales: dict[str, Scale] = {}
        self._fused: Fused | None = None

    def fit(self, interactions: Interactions, movies: Sequence[Movie], *, rng: np.random.Generator) -> Self:
        """Fit the parts, then learn their scales from a sample of the people and films of training."""
        for part in self.parts.values():
            part.fit(interactions, movies, rng=rng)
        people = _sample(np.flatnonzero(np.diff(interactions.starts)), SCALE_PEOPLE, rng)
        films = _sample(np.arange(interactions.n_movies), SCALE_MOVIES, rng)
        tastes = [interactions.taste(int(person)) for person in people]
        scores = {name: np.stack([self.parts[name].score(taste) for taste in tastes]) for name in self.config.weights}
        self._scales = {name: _calibrated(self.parts[name], scores[name], scores[REFERENCE]) for name in scores}
        self._similar_scales = {
            name: _scale([_others(self.parts[name].similar(int(film)), int(film)) for film in films])._replace(
                spread=1.0
            )
            for name in self.config.similar_weights
        }
        self._fuse(interactions.n_movies)
        return self

    def _fuse(self, n_movies: int) -> None:
        parts = [
            Part(self.parts[name], weight, weight / self._scales[name].spread, self._scales[name].centre)
            for name, weight in self.config.weights.items()
        ]
        self._fused = Fused.of(parts, n_movies)

    def score(self, taste: Taste) -> FloatMovies:
        """The weighted mean of the parts that speak; NaN where none does.

        Where personal parts speak about other films, one of which only its popularity speaks, since it has no tags and
        hardly any ratings, is NaN too: a mean of one part is not diluted by others, and would come first in any list.
        """
        if self._fused is not None and self._fused.applies(taste):
            return self._fused.score(taste)
        return _blend(
            [
                (self.parts[name].score(taste), weight, self._scales[name], self.parts[name].capabilities.personal)
                for name, weight in self.config.weights.items()
            ]
        )

    def similar(self, row: int) -> FloatMovies:
        """The weighted mean of what the parts call similar."""
        return _blend(
            [
                (self.parts[name].similar(row), weight, self._similar_scales[name], True)
                for name, weight in self.config.similar_weights.items()
            ]
        )

    def explain(self, taste: Taste, rows: Rows) -> Explanation:
        """Add up the explanations of the parts that speak about each film."""
        if self._fused is not None and self._fused.applies(taste):
            return self._fused.explain(taste, rows)
        baseline = np.zeros(len(rows), np.float32)
        contributions = np.zeros((len(rows), len(taste)), np.float32)
        total = np.zeros(len(rows), np.float32)
        known = np.zeros(len(rows), np.bool_)
        for name, weight in self.config.weights.items():
            scale = self._scales[name]
            why = self.parts[name].explain(taste, rows)
            speaks = np.isfinite(why.baseline)
            factor = np.where(speaks, np.float32(weight / scale.spread), np.float32(0))
            baseline += factor * (np.where(speaks, why.baseline, np.float32(0)) - np.float32(scale.centre))
            contributions += factor[:, None] * why.contributions
            total += np.where(speaks, np.float32(weight), np.float32(0))
            known |= speaks & self.parts[name].capabilities.personal
        if known.any():
            total[~known] = np.nan
        with np.errstate(invalid="ignore"):
            return Explanation(baseline / total, contributions / total[:, None])

    def state(self) -> State:
        """The states of the parts, each array named `part/array`; the scales are in the config."""
        states = {name: part.state() for name, part in self.parts.items()}
        config = {
            "weights": dict(self.config.weights),
            "similar_weights": dict(self.config.similar_weights),
            "scales": {name: scale._asdict() for name, scale in self._scales.items()},
            "similar_scales": {name: scale._asdict() for name, scale in self._similar_scales.items()},
            "parts": {name: dict(state.config) for name, state in states.items()},
        }
        arrays = {f"{name}/{key}": array for name, state in states.items() for key, array in state.arrays.items()}
        return State(config, arrays)

    @classmethod
    def from_state(cls, state: State) -> Self:
        """Make the model and its parts again."""
        config = state.config
        collaborative = Collaborative.from_state(_of_part(state, "collaborative"))
        content = Content.from_state(_of_part(state, "content"))
        popularity = Popularity.from_state(_of_part(state, "popularity"))
        prospects = Prospects.from_state(_of_part(state, "prospects"))
        model = cls(
            HybridConfig(
                collaborative.config,
                content.config,
                popularity.config,
                prospects.config,
                config["weights"],
                config["similar_weights"],
            )
        )
        model.parts = {
            "collaborative": collaborative,
            "content": content,
            "popularity": popularity,
            "prospects": prospects,
        }
        model._scales = {name: Scale(**scale) for name, scale in config["scales"].items()}
        model._similar_scales = {name: Scale(**scale) for name, scale in config["similar_scales"].items()}
        model._fuse(len(popularity.score(EMPTY_TASTE)))
        return model


def _of_part(state: State, name: str) -> State:
    arrays = {key.partition("/")[2]: array for key, array in state.arrays.items() if key.startswith(f"{name}/")}
    return State(state.config["parts"][name], arrays)


def _sample(everything: NDArray[np.intp], most: int, rng: np.random.Generator) -> Rows:
    return np.sort(rng.choice(everything, min(most, len(everything)), replace=False)).astype(np.int32)


def _others(similarities: FloatMovies, row: int) -> FloatMovies:
    return np.delete(similarities, row)


def _scale(samples: list[FloatMovies]) -> Scale:
    values = np.concatenate(samples)
    values = values[np.isfinite(values)].astype(np.float64)
    if not len(values):  # of films without tags, content says nothing in training and never will
        return Scale(0.0, 1.0)
    return Scale(float(values.mean()), float(values.std()) or 1.0)


def _calibrated(part: Model, scores: FloatMatrix, reference: FloatMatrix) -> Scale:
    """The scale on which a part says, where it speaks alone, what the reference would be expected to say.

    Scores and reference are (people, films). An item-to-item part has no centre where 0 is one: what is linear in a
    taste grows with the number of ratings, its mean too. Its spread is divided by the correlation with the reference:
    that a film stands out by its content makes it less likely to please than that it stands out by its ratings.
    """
    scale = _scale([scores])
    if not isinstance(part, ItemToItem):
        return scale
    both = np.isfinite(scores) & np.isfinite(reference)
    mine, theirs = scores[both].astype(np.float64), reference[both].astype(np.float64)
    varied = both.any() and mine.std() > 0 and theirs.std() > 0
    agreement = float(np.corrcoef(mine, theirs)[0, 1]) if varied else 0.0
    return Scale(0.0, scale.spread / max(agreement, LEAST_AGREEMENT))


def _blend(parts: list[tuple[FloatMovies, float, Scale, bool]]) -> FloatMovies:
    """The weighted mean, film by film, of the parts (scores, weight, scale, whether personal) that speak about it."""
    total: FloatMovies = np.zeros_like(parts[0][0])
    scaled: FloatMovies = np.empty_like(total)
    everything = 0.0
    for values, weight, scale, _ in parts:
        np.multiply(values, weight / scale.spread, out=scaled)
        total += scaled
        everything += weight
    total -= sum(weight * scale.centre / scale.spread for _, weight, scale, _ in parts)
    total /= everything
    silent = np.flatnonzero(np.isnan(total))
    if len(silent):
        total[silent] = _blend_speaking(parts, silent)
    return total


def _blend_speaking(parts: list[tuple[FloatMovies, float, Scale, bool]], rows: NDArray[np.intp]) -> FloatMovies:
    """The same for films about which some part says nothing; NaN where no personal one speaks, if one speaks at all."""
    total: FloatMovies = np.zeros(len(rows), np.float32)
    weights: FloatMovies = np.zeros(len(rows), np.float32)
    known = np.zeros(len(rows), np.bool_)
    for values, weight, scale, personal in parts:
        here = values[rows]
        speaks = ~np.isnan(here)
        known |= speaks & personal
        total[speaks] += (here[speaks] - np.float32(scale.centre)) * np.float32(weight / scale.spread)
        weights[speaks] += np.float32(weight)
    if known.any() or len(rows) < len(parts[0][0]):
        total[~known] = np.nan
    with np.errstate(invalid="ignore"):
        total /= weights
    return total
