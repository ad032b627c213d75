"""The space of hybrid configs that is searched, and the point in it that is served.

The bound on popularity is not searched, because it does not serve accuracy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from recsvc.models.collaborative import CollaborativeConfig
from recsvc.models.ease import EaseConfig
from recsvc.models.hybrid import HybridConfig, PartValues
from recsvc.models.spectral import SpectralConfig

if TYPE_CHECKING:
    import optuna

EASE = ("l2", "dropout", "slope", "user_power", "item_power", "output_power", "genre_weight", "year_weight")
SPECTRAL = ("factors", "sharpness", "slope", "user_power", "item_power", "output_power")


def suggest(trial: optuna.Trial) -> HybridConfig:
    """Return the config that a trial draws from the space."""
    ease = EaseConfig(
        l2=trial.suggest_float("ease.l2", 100, 4000, log=True),
        dropout=trial.suggest_float("ease.dropout", 0, 0.5),
        slope=trial.suggest_float("ease.slope", 0, 0.4),
        user_power=trial.suggest_float("ease.user_power", 0, 0.5),
        item_power=trial.suggest_float("ease.item_power", 0, 0.6),
        output_power=trial.suggest_float("ease.output_power", 0, 0.6),
        genre_weight=trial.suggest_float("ease.genre_weight", 0, 8),
        year_weight=trial.suggest_float("ease.year_weight", 0, 8),
    )
    spectral = SpectralConfig(
        factors=trial.suggest_int("spectral.factors", 4, 64),
        sharpness=trial.suggest_float("spectral.sharpness", 1, 20, log=True),
        slope=trial.suggest_float("spectral.slope", 0, 0.4),
        user_power=trial.suggest_float("spectral.user_power", 0, 0.6),
        item_power=trial.suggest_float("spectral.item_power", 0, 0.6),
        output_power=trial.suggest_float("spectral.output_power", 0, 0.6),
    )
    content = trial.suggest_float("content", 0, 0.5)
    return HybridConfig(
        collaborative=CollaborativeConfig(ease, spectral, trial.suggest_float("spectral_share", 0, 0.8)),
        weights=PartValues(collaborative=1 - content, content=content),
        popularity_prior=trial.suggest_float("popularity_prior", 1, 30, log=True),
    )


def defaults() -> dict[str, Any]:
    """Return the default values of everything that `suggest` draws, by the names that it uses."""
    hybrid = HybridConfig()
    config = hybrid.collaborative
    return {
        **{f"ease.{name}": getattr(config.ease, name) for name in EASE},
        **{f"spectral.{name}": getattr(config.spectral, name) for name in SPECTRAL},
        "spectral_share": config.spectral_share,
        "content": hybrid.weights.content,
        "popularity_prior": hybrid.popularity_prior,
    }
