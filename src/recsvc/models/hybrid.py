"""The hybrid: one more model, over models."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property, partial
from typing import ClassVar, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from recsvc.features.interactions import Interactions
from recsvc.features.movie_kinds import MovieKinds
from recsvc.models.als import Als, AlsConfig
from recsvc.models.blend import BlendedModel, BlendPart, blend, blend_all
from recsvc.models.calibration import Target, targets
from recsvc.models.cold_start import NO_NEIGHBOURS, ColdStartNeighbours, LinearWithColdStart, WithColdStart
from recsvc.models.collaborative import Collaborative, CollaborativeConfig
from recsvc.models.content import Content, ContentConfig
from recsvc.models.contract import Capabilities, Explain, Explanation, Model, Scored
from recsvc.models.item_item_models import standard_deviation
from recsvc.models.item_item_weights import ItemItemWeights
from recsvc.models.popularity import Popularity, PopularityConfig
from recsvc.types import EMPTY_TASTE, FloatMatrix, FloatMovies, Movie, Rows, State, Taste

SCALE_USERS = 300
SCALE_MOVIES = 300
MIN_CORRELATION = 0.05
FEW_RATINGS = 20
PRIOR = "prior"
"""The name of the popularity of the prior among the states of the parts."""


@dataclass(frozen=True, slots=True)
class PartValues:
    """One number for each of the personalised parts of the hybrid."""

    collaborative: float
    content: float
    als: float = 0.0


@dataclass(frozen=True, slots=True)
class HybridConfig:
    """The configs of the parts, and how much each part counts.

    `weights` are those of scores, which are brought to one scale first; without a weight, ALS is not trained.
    `similar_weights` are those of similarities, where the parts are cosines and need no common scale; ALS has none.
    `popularity` orders the list of a user without ratings, and the prior of all others is of `prior_popularity`: who
    starts now wants what is popular now, and ratings of earlier years go with what was popular then.
    `popularity_prior` is the strength of the popularity prior: one star of a movie's weighted rating counts as much as
    that many ratings of a user. With more than `FEW_RATINGS` ratings of a user, the strength grows by their number to
    the power of `prior_growth` (0-1): 0 is a prior that matters ever less, and 0.5 one that keeps up with a sum of what
    is independent. `calibration` (0-1) is how far
    a list follows what is evident of a taste (`models.calibration`).
    """

    collaborative: CollaborativeConfig = field(default_factory=CollaborativeConfig)
    content: ContentConfig = field(default_factory=ContentConfig)
    als: AlsConfig = field(default_factory=AlsConfig)
    popularity: PopularityConfig = field(default_factory=lambda: PopularityConfig(half_life=0.5))
    prior_popularity: PopularityConfig = field(default_factory=lambda: PopularityConfig(half_life=0.5))
    weights: PartValues = PartValues(collaborative=0.52, als=0.28, content=0.2)
    similar_weights: PartValues = PartValues(collaborative=0.09, content=0.91)
    popularity_prior: float = 7.0
    prior_growth: float = 0.0
    calibration: float = 0.7


class Parts(NamedTuple):
    """The trained personalised parts, and the kinds of the movies."""

    collaborative: Collaborative
    content: Content
    als: Als
    kinds: MovieKinds


class PopularityPrior(NamedTuple):
    """What the popularity of a movie adds to its score: `factor * (popularity - centre)`."""

    centre: float
    factor: float

    def of(self, popularity: FloatMovies) -> FloatMovies:
        """Return the prior of every movie (n_movies,), 0 for a movie without a popularity."""
        prior = np.where(
            np.isnan(popularity), np.float32(0), (popularity - np.float32(self.centre)) * np.float32(self.factor)
        )
        return prior.astype(np.float32)


class Hybrid(Model):
    """`sum_p w_p s_p / scale_p` over the parts p with a score, divided by the sum of their w_p, plus the prior.

    The personalised part grows with the number of ratings, and the popularity prior less (`prior_growth`). So the prior
    decides the lists of users with few ratings, and matters less the more ratings a user has. An unknown user gets
    exactly the popular movies. A movie without ratings is scored by its content and by its cold-start neighbours, whose
    prior it gets, too. Everything is linear in the parts, so that baselines and contributions add up as theirs do. EASE
    and the spectral filter find what goes with each rated movie, and ALS what goes with all of them together: the more
    of a taste is explained by some movies, the less the others like them add.
    """

    kind: ClassVar[str] = "hybrid"
    capabilities: ClassVar[Capabilities] = Capabilities(
        new_users=True, new_movies=True, similar=True, stars=False, explains=True
    )

    def __init__(self, config: HybridConfig | None = None) -> None:
        self.config = config or HybridConfig()
        self.collaborative = Collaborative(self.config.collaborative)
        self.content = Content(self.config.content)
        self.als = Als(self.config.als)
        self.popularity = Popularity(self.config.popularity)
        self.prior_popularity = Popularity(self.config.prior_popularity)
        self.kinds = MovieKinds.of([])
        self._scales = PartValues(1.0, 1.0)
        self._similar_centres = PartValues(0.0, 0.0)
        self._popularity_prior = PopularityPrior(0.0, 0.0)
        self._cold_start = NO_NEIGHBOURS

    def fit(self, interactions: Interactions, movies: Sequence[Movie], *, rng: np.random.Generator) -> Self:
        """Train the parts, then estimate their scales from a sample of the users and movies in training.

        Without any ratings there is content alone, and a user who rated one movie stands for the users.
        """
        draw = np.random.default_rng(rng.integers(2**32))  # its own: what it draws does not depend on the config
        collaborative = Collaborative(self.config.collaborative)
        if len(interactions.stars):
            collaborative.fit(interactions, movies, rng=rng)
        else:
            collaborative = Collaborative.untrained(self.config.collaborative, len(movies))
        content = Content(self.config.content).fit(interactions, movies, rng=rng)
        if len(interactions.stars) and self.config.weights.als:
            als = Als(self.config.als).fit(interactions, movies, rng=rng)
        else:
            als = Als.untrained(self.config.als, len(movies))
        return self.join(Parts(collaborative, content, als, MovieKinds.of(movies)), interactions, movies, rng=draw)

    def join(
        self,
        parts: Parts,
        interactions: Interactions,
        movies: Sequence[Movie],
        *,
        rng: np.random.Generator,
    ) -> Self:
        """Join parts that are trained on these ratings and movies already; only what is popular is trained here."""
        self.collaborative, self.content, self.als, self.kinds = parts
        for popularity in (self.popularity, self.prior_popularity):
            popularity.fit(interactions, movies, rng=rng)
        users = interactions.of_users(_sample(np.flatnonzero(np.diff(interactions.starts)), SCALE_USERS, rng))
        rows = _sample(np.arange(interactions.n_movies), SCALE_MOVIES, rng)
        if not users.n_users:
            users = self._one_usual_rating(interactions.n_movies, rows)
        scores = [part.score_all(users) for part in (self.collaborative, self.content, self.als)]
        self._scales = _scales(*scores)
        self._similar_centres = PartValues(
            _mean_similarity(self.collaborative, rows), _mean_similarity(self.content, rows)
        )
        trained = self.collaborative.informative()
        sample = rows[trained[rows]]
        slope = ColdStartNeighbours.among_trained(self.content, sample, trained).slope(scores[0], users)
        self._cold_start = ColdStartNeighbours.find(self.content, interactions.counts() == 0, trained).shrunk(slope)
        one_of_each = users.rows[rng.integers(users.starts[:-1], users.starts[1:])]
        unit = _unit(blend_all(self._blended_parts(), self._one_usual_rating(interactions.n_movies, one_of_each)))
        self._popularity_prior = PopularityPrior(
            _mean([self.prior_popularity.score(EMPTY_TASTE)]), self.config.popularity_prior * (unit or 1.0)
        )
        self._assemble()
        return self

    def _assemble(self) -> None:
        """Prepare what answers from what was trained."""
        self._prior = self._popularity_prior.of(self.prior_popularity.score(EMPTY_TASTE))
        self._prior[self._cold_start.rows] = self._cold_start.mean(self._prior)
        self._parts = self._blended_parts()
        self.__dict__.pop("_item_weights", None)

    @cached_property
    def _item_weights(self) -> ItemItemWeights | None:
        """Return all parts as one matrix; made when one user is scored first, since many at once do not need it."""
        return ItemItemWeights.of(self._parts, len(self._prior), self.content.taste_weights)

    def _blended_parts(self) -> list[BlendPart]:
        """Return the personalised parts with a weight; those that learn from ratings also score movies without."""
        weights, scales = self.config.weights, self._scales
        collaborative: BlendedModel = self.collaborative
        als: BlendedModel = self.als
        if len(self._cold_start.rows):
            collaborative = LinearWithColdStart(self.collaborative, self._cold_start)
            als = WithColdStart(self.als, self._cold_start)
        parts: list[tuple[BlendedModel, float, float]] = [
            (collaborative, weights.collaborative, scales.collaborative),
            (self.content, weights.content, scales.content),
            (als, weights.als, scales.als),
        ]
        return [
            BlendPart(model, weight, weight / scale)
            for model, weight, scale in parts
            if weight and model.informative().any()
        ]

    def _one_usual_rating(self, n_movies: int, rows: Rows) -> Interactions:
        """Return users who gave one movie each the usual stars, those at `rows` (n,)."""
        stars = np.full(len(rows), self.content.taste_weights.usual_stars, np.float32)
        return Interactions(n_movies, np.arange(len(rows) + 1), rows, stars)

    def score(self, taste: Taste) -> FloatMovies:
        """Return the blend plus the popularity prior; NaN for a movie for which no personalised part has a score.

        A user without ratings gets the scores of popularity.
        """
        return self.scored(taste).scores

    def scored(self, taste: Taste) -> Scored:
        """Return the same with its explanations."""
        if not len(taste):
            return self.popularity.scored(taste)
        if self._item_weights is not None and self._item_weights.applies(taste):
            scores, explain = self._item_weights.scored(taste)
        else:
            scores, explain = blend(self._parts, taste)
        prior = self._prior * self._growth(len(taste))
        return Scored(scores + prior, partial(_with_prior, explain, prior))

    def _growth(self, ratings: int) -> np.float32:
        """Return the strength of the prior for so many ratings, 1 for few."""
        return np.float32(max(ratings / FEW_RATINGS, 1.0) ** self.config.prior_growth)

    def score_all(self, users: Interactions) -> FloatMatrix:
        """Return the same for many users at once."""
        counts = np.diff(users.starts).tolist()
        growth = np.array([self._growth(count) for count in counts], np.float32)
        scores = blend_all(self._parts, users) + self._prior * growth[:, None]
        scores[np.diff(users.starts) == 0] = self.popularity.score(EMPTY_TASTE)
        return scores

    def similar(self, row: int) -> FloatMovies:
        """Return the weighted sum of the similarities of the parts, each less its mean in training.

        Where one part has none, it counts as its mean: a movie that few have rated is not more similar for that. Where
        no part has one, it is NaN.
        """
        weights, centres = self.config.similar_weights, self._similar_centres
        collaborative = self.collaborative.similar(row) - np.float32(centres.collaborative)
        content = self.content.similar(row) - np.float32(centres.content)
        together = weights.collaborative * np.nan_to_num(collaborative) + weights.content * np.nan_to_num(content)
        known = ~(np.isnan(collaborative) & np.isnan(content))
        return np.where(known, together, np.nan).astype(np.float32)

    def explain(self, taste: Taste, rows: Rows) -> Explanation:
        """Add up the explanations of the parts with a score; the popularity prior is in the baseline."""
        return self.scored(taste).explain(rows)

    def targets(self, taste: Taste) -> Sequence[Target]:
        """Return what is evident of a taste; see `calibration.targets`."""
        if not self.config.calibration:
            return ()
        return targets(self.kinds, self.content.taste_weights.liked(taste), self.config.calibration)

    def state(self) -> State:
        """Return the states of the parts, arrays named `part/array`; scales, centres and prior are in the config."""
        states = {part.kind: part.state() for part in (self.collaborative, self.content, self.als, self.popularity)}
        states[PRIOR] = self.prior_popularity.state()
        config = {
            "weights": asdict(self.config.weights),
            "similar_weights": asdict(self.config.similar_weights),
            "scales": asdict(self._scales),
            "similar_centres": asdict(self._similar_centres),
            "calibration": self.config.calibration,
            "popularity_prior": {
                "ratings": self.config.popularity_prior,
                "growth": self.config.prior_growth,
                **self._popularity_prior._asdict(),
            },
            "parts": {kind: dict(state.config) for kind, state in states.items()},
        }
        arrays = {f"{kind}/{name}": array for kind, state in states.items() for name, array in state.arrays.items()}
        arrays |= {f"cold_start/{name}": array for name, array in self._cold_start.arrays().items()}
        arrays |= {f"kinds/{name}": array for name, array in self.kinds.arrays().items()}
        return State(config, arrays)

    @classmethod
    def from_state(cls, state: State) -> Self:
        """Create the model and its parts from its state."""
        config = state.config
        collaborative = Collaborative.from_state(_part_state(state, Collaborative.kind))
        content = Content.from_state(_part_state(state, Content.kind))
        popularity = Popularity.from_state(_part_state(state, Popularity.kind))
        prior_popularity = popularity  # there was only one before
        if PRIOR in config["parts"]:
            prior_popularity = Popularity.from_state(_part_state(state, PRIOR))
        if Als.kind in config["parts"]:
            als = Als.from_state(_part_state(state, Als.kind))
        else:  # it was trained before ALS was a part
            als = Als.untrained(AlsConfig(), len(popularity.score(EMPTY_TASTE)))
        prior = config["popularity_prior"]
        model = cls(
            HybridConfig(
                collaborative.config,
                content.config,
                als.config,
                popularity.config,
                prior_popularity.config,
                PartValues(**config["weights"]),
                PartValues(**config["similar_weights"]),
                prior["ratings"],
                prior.get("growth", 0.0),  # there was none before, and no calibration
                config.get("calibration", 0.0),
            )
        )
        model.collaborative, model.content, model.als = collaborative, content, als
        model.popularity, model.prior_popularity = popularity, prior_popularity
        if "kinds/starts" in state.arrays:
            model.kinds = MovieKinds(state.arrays["kinds/starts"], state.arrays["kinds/numbers"])
        model._scales = PartValues(**config["scales"])
        model._similar_centres = PartValues(**config["similar_centres"])
        model._popularity_prior = PopularityPrior(prior["centre"], prior["factor"])
        model._cold_start = ColdStartNeighbours(
            *(state.arrays[f"cold_start/{name}"] for name in ("rows", "neighbours", "weights"))
        )
        model._assemble()
        return model


def _with_prior(explain: Explain, prior: FloatMovies, rows: Rows) -> Explanation:
    baseline, contributions = explain(rows)
    return Explanation(baseline + prior[rows], contributions)


def _part_state(state: State, kind: str) -> State:
    arrays = {name.partition("/")[2]: array for name, array in state.arrays.items() if name.startswith(f"{kind}/")}
    return State(state.config["parts"][kind], arrays)


def _sample(values: NDArray[np.intp], most: int, rng: np.random.Generator) -> Rows:
    return np.sort(rng.choice(values, min(most, len(values)), replace=False)).astype(np.int32)


def _finite(values: NDArray[np.float32]) -> NDArray[np.float64]:
    return values[np.isfinite(values)].astype(np.float64)


def _mean(samples: Sequence[FloatMovies]) -> float:
    """Return the mean of all finite values; 0 if there are none."""
    values = _finite(np.concatenate(samples))
    return float(values.mean()) if len(values) else 0.0


def _mean_similarity(model: Model, rows: Rows) -> float:
    """Return the mean similarity of some movies to all others."""
    return _mean([np.delete(model.similar(int(row)), row) for row in rows])


def _unit(blended: FloatMatrix) -> float:
    """Return how far the blend of one usual rating (n, n_movies) varies over the movies: the mean deviation."""
    return float(np.mean([standard_deviation(_finite(scores)) for scores in blended]))


def _scales(collaborative: FloatMatrix, content: FloatMatrix, als: FloatMatrix) -> PartValues:
    """Return the scales of the parts by their scores of some users (n, n_movies)."""
    return PartValues(*(_scale(scores, collaborative) for scores in (collaborative, content, als)))


def _scale(scores: FloatMatrix, reference: FloatMatrix) -> float:
    """Return the scale by which a part predicts, where it is alone, what the reference is expected to be.

    Scores and reference are (users, movies). Nothing is subtracted: what is linear in a taste has its own zero, and its
    mean grows with the number of ratings. The scale is the standard deviation divided by the correlation with the
    reference: a movie that stands out by its content is less likely to please than one that stands out by its ratings.
    """
    both = np.isfinite(scores) & np.isfinite(reference)
    if not both.any():
        return (standard_deviation(_finite(scores)) or 1.0) / MIN_CORRELATION
    x, y = scores[both].astype(np.float64), reference[both].astype(np.float64)
    x -= x.mean()
    y -= y.mean()
    lengths = float(x @ x) ** 0.5 * float(y @ y) ** 0.5
    correlation = float(x @ y) / lengths if lengths else 0.0
    return (standard_deviation(_finite(scores)) or 1.0) / max(correlation, MIN_CORRELATION)
