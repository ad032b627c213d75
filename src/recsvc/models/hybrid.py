"""The hybrid: one more model, over models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from recsvc.features.interactions import Interactions
from recsvc.models.cold_start import NO_KIN, Inheriting, Kin
from recsvc.models.collaborative import Collaborative, CollaborativeConfig
from recsvc.models.content import Content, ContentConfig
from recsvc.models.contract import Capabilities, Explanation, Model
from recsvc.models.item_item_models import spread
from recsvc.models.item_item_weights import Fused, Linear, Part
from recsvc.models.popularity import Popularity, PopularityConfig
from recsvc.models.rating_weights import NEUTRAL_STARS
from recsvc.types import EMPTY_TASTE, FloatMatrix, FloatMovies, Movie, Rows, State, Taste

SCALE_USERS = 500
SCALE_MOVIES = 500
REFERENCE = "collaborative"
LEAST_AGREEMENT = 0.05
NEUTRAL = np.array([NEUTRAL_STARS], np.float32)


@dataclass(frozen=True, slots=True)
class HybridConfig:
    """The configs of the parts, and how much each counts.

    `weights` for scores, `similar_weights` for what is similar, where parts are cosines and need no common scale.
    `head_start` is what popularity is worth before anything personal is known: so many ratings of someone say as much
    about movies as a star more of their weighted rating does.
    """

    collaborative: CollaborativeConfig = field(default_factory=CollaborativeConfig)
    content: ContentConfig = field(default_factory=ContentConfig)
    popularity: PopularityConfig = field(default_factory=PopularityConfig)
    weights: Mapping[str, float] = field(default_factory=lambda: {"collaborative": 0.88, "content": 0.12})
    similar_weights: Mapping[str, float] = field(default_factory=lambda: {"collaborative": 0.09, "content": 0.91})
    head_start: float = 10.0


class HeadStart(NamedTuple):
    """What the popularity of a movie adds to its score: `factor * (popularity - centre)`."""

    centre: float
    factor: float


class Hybrid(Model):
    """`sum_p w_p s_p / spread_p`, divided by the weights of the parts that speak about a movie, and its head start.

    What is personal grows with the number of ratings and the head start of popular movies does not: it decides about
    the lists of those who have rated little, and matters less and less the more someone has rated. An unknown user gets
    exactly the popular movies. A movie that nobody rated is spoken for by its content, and inherits what ratings say of
    the movies it is most like, their head start too (`Kin`). Everything is linear in the parts, so that baselines and
    contributions add up as theirs do.
    """

    kind: ClassVar[str] = "hybrid"
    capabilities: ClassVar[Capabilities] = Capabilities(
        new_users=True, new_movies=True, similar=True, stars=False, explains=True, personal=True
    )

    def __init__(self, config: HybridConfig | None = None) -> None:
        self.config = config or HybridConfig()
        self._hold(
            Collaborative(self.config.collaborative),
            Content(self.config.content),
            Popularity(self.config.popularity),
        )
        self._spreads: dict[str, float] = {}
        self._similar_centres: dict[str, float] = {}
        self._head_start = HeadStart(0.0, 0.0)
        self._kin = NO_KIN
        self._fused: Fused | None = None

    def _hold(self, collaborative: Collaborative, content: Content, popularity: Popularity) -> None:
        self._collaborative = collaborative
        self._content = content
        self.parts: dict[str, Model] = {
            "collaborative": collaborative,
            "content": content,
            "popularity": popularity,
        }

    def fit(self, interactions: Interactions, movies: Sequence[Movie], *, rng: np.random.Generator) -> Self:
        """Fit the parts, then learn their scales from a sample of the users and sampled_rows of training."""
        for part in self.parts.values():
            part.fit(interactions, movies, rng=rng)
        users = _sample(np.flatnonzero(np.diff(interactions.starts)), SCALE_USERS, rng)
        sampled_rows = _sample(np.arange(interactions.n_movies), SCALE_MOVIES, rng)
        tastes = [interactions.taste(int(user)) for user in users]
        scores = {name: np.stack([self.parts[name].score(taste) for taste in tastes]) for name in self.config.weights}
        self._spreads = {name: _calibrated(scores[name], scores[REFERENCE]) for name in scores}
        self._similar_centres = {
            name: _centre([np.delete(self.parts[name].similar(int(row)), row) for row in sampled_rows])
            for name in self.config.similar_weights
        }
        popularity = self.parts["popularity"].score(EMPTY_TASTE)
        self._kin = Kin.of(self._content, np.isnan(popularity), self._collaborative.informed())
        blended = self._blended()
        said = [spread(_finite(_blend(blended, Taste(rng.choice(taste.rows, 1), NEUTRAL)))) for taste in tastes]
        self._head_start = HeadStart(_centre([popularity]), self.config.head_start * (float(np.mean(said)) or 1.0))
        self._assemble()
        return self

    def _assemble(self) -> None:
        """Make of what was learned what answers."""
        popularity = self.parts["popularity"].score(EMPTY_TASTE)
        centre, factor = self._head_start
        ahead = np.where(np.isnan(popularity), np.float32(0), (popularity - np.float32(centre)) * np.float32(factor))
        self._ahead: FloatMovies = ahead.astype(np.float32)
        self._ahead[self._kin.rows] = self._kin.inherit(self._ahead)
        self._speaking = self._blended()
        self._fused = Fused.of(self._speaking, self._ahead)

    def _blended(self) -> list[Part]:
        """The parts of the blend, the collaborative one speaking of heirs too."""
        speaking: dict[str, Linear] = {
            "collaborative": Inheriting(self._collaborative, self._kin),
            "content": self._content,
        }
        return [
            Part(speaking[name], weight, weight / self._spreads[name]) for name, weight in self.config.weights.items()
        ]

    def score(self, taste: Taste) -> FloatMovies:
        """What the parts say and the head start; NaN for a movie about which no part speaks.

        Someone who has rated nothing gets the scores of popularity.
        """
        if not len(taste):
            return self.parts["popularity"].score(taste)
        if self._fused is not None and self._fused.applies(taste):
            return self._fused.score(taste)
        return _blend(self._speaking, taste) + self._ahead

    def similar(self, row: int) -> FloatMovies:
        """The weighted mean of what the parts call similar."""
        return _mean(
            [
                (self.parts[name].similar(row) - np.float32(self._similar_centres[name]), weight, weight)
                for name, weight in self.config.similar_weights.items()
            ]
        )

    def explain(self, taste: Taste, rows: Rows) -> Explanation:
        """Add up the explanations of the parts that speak about each movie; the head start is in the baseline."""
        if not len(taste):
            return self.parts["popularity"].explain(taste, rows)
        if self._fused is not None and self._fused.applies(taste):
            return self._fused.explain(taste, rows)
        baseline = np.zeros(len(rows), np.float32)
        contributions = np.zeros((len(rows), len(taste)), np.float32)
        total = np.zeros(len(rows), np.float32)
        for model, weight, scale in self._speaking:
            why = model.explain(taste, rows)
            speaks = np.isfinite(why.baseline)
            factor = np.where(speaks, np.float32(scale), np.float32(0))
            baseline += factor * np.where(speaks, why.baseline, np.float32(0))
            contributions += factor[:, None] * why.contributions
            total += np.where(speaks, np.float32(weight), np.float32(0))
        with np.errstate(invalid="ignore"):
            return Explanation(baseline / total + self._ahead[rows], contributions / total[:, None])

    def state(self) -> State:
        """The states of the parts, each array named `part/array`; spreads, centres and head start are in the config."""
        states = {name: part.state() for name, part in self.parts.items()}
        config = {
            "weights": dict(self.config.weights),
            "similar_weights": dict(self.config.similar_weights),
            "spreads": dict(self._spreads),
            "similar_centres": dict(self._similar_centres),
            "head_start": {"ratings": self.config.head_start, **self._head_start._asdict()},
            "parts": {name: dict(state.config) for name, state in states.items()},
        }
        arrays = {f"{name}/{key}": array for name, state in states.items() for key, array in state.arrays.items()}
        arrays |= {f"kin/{key}": array for key, array in self._kin.arrays().items()}
        return State(config, arrays)

    @classmethod
    def from_state(cls, state: State) -> Self:
        """Make the model and its parts again."""
        config = state.config
        collaborative = Collaborative.from_state(_of_part(state, "collaborative"))
        content = Content.from_state(_of_part(state, "content"))
        popularity = Popularity.from_state(_of_part(state, "popularity"))
        model = cls(
            HybridConfig(
                collaborative.config,
                content.config,
                popularity.config,
                config["weights"],
                config["similar_weights"],
                config["head_start"]["ratings"],
            )
        )
        model._hold(collaborative, content, popularity)
        model._spreads = dict(config["spreads"])
        model._similar_centres = dict(config["similar_centres"])
        model._head_start = HeadStart(config["head_start"]["centre"], config["head_start"]["factor"])
        model._kin = Kin(*(state.arrays[f"kin/{key}"] for key in ("rows", "kin", "weights")))
        model._assemble()
        return model


def _of_part(state: State, name: str) -> State:
    arrays = {key.partition("/")[2]: array for key, array in state.arrays.items() if key.startswith(f"{name}/")}
    return State(state.config["parts"][name], arrays)


def _sample(everything: NDArray[np.intp], most: int, rng: np.random.Generator) -> Rows:
    return np.sort(rng.choice(everything, min(most, len(everything)), replace=False)).astype(np.int32)


def _finite(values: NDArray[np.float32]) -> NDArray[np.float64]:
    return values[np.isfinite(values)].astype(np.float64)


def _centre(samples: list[FloatMovies]) -> float:
    """The mean of what was said; 0 where nothing was."""
    values = _finite(np.concatenate(samples))
    return float(values.mean()) if len(values) else 0.0


def _calibrated(scores: FloatMatrix, reference: FloatMatrix) -> float:
    """The spread by which a part says, where it speaks alone, what the reference would be expected to say.

    Scores and reference are (users, movies). There is no centre: what is linear in a taste has its own zero, and its
    mean grows with the number of ratings. The spread is divided by the correlation with the reference: that a movie
    stands out by its content makes it less likely to please than that it stands out by its ratings.
    """
    both = np.isfinite(scores) & np.isfinite(reference)
    mine, theirs = scores[both].astype(np.float64), reference[both].astype(np.float64)
    varied = both.any() and mine.std() > 0 and theirs.std() > 0
    agreement = float(np.corrcoef(mine, theirs)[0, 1]) if varied else 0.0
    return (spread(_finite(scores)) or 1.0) / max(agreement, LEAST_AGREEMENT)


def _blend(parts: list[Part], taste: Taste) -> FloatMovies:
    """The weighted mean of the parts that speak."""
    return _mean([(part.model.score(taste), part.weight, part.factor) for part in parts])


def _mean(parts: list[tuple[FloatMovies, float, float]]) -> FloatMovies:
    """The weighted mean, movie by movie, of the parts (values, weight, factor) that speak about it; NaN where none does.

    A part adds its values times its factor, and its weight to what the sum is divided by.
    """
    total: FloatMovies = np.zeros_like(parts[0][0])
    scaled: FloatMovies = np.empty_like(total)
    everything = np.float32(0)
    for values, weight, factor in parts:
        np.multiply(values, np.float32(factor), out=scaled)
        total += scaled
        everything += np.float32(weight)
    total /= everything
    silent = np.flatnonzero(np.isnan(total))
    if len(silent):
        total[silent] = _mean_of_speaking(parts, silent)
    return total


def _mean_of_speaking(parts: list[tuple[FloatMovies, float, float]], rows: NDArray[np.intp]) -> FloatMovies:
    """The same for movies about which some part says nothing."""
    total: FloatMovies = np.zeros(len(rows), np.float32)
    weights: FloatMovies = np.zeros(len(rows), np.float32)
    for values, weight, factor in parts:
        here = values[rows]
        speaks = ~np.isnan(here)
        total[speaks] += here[speaks] * np.float32(factor)
        weights[speaks] += np.float32(weight)
    with np.errstate(invalid="ignore"):
        return total / weights
