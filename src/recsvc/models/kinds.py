"""All kinds of models. A stored version names a kind, and only these kinds can be created from it."""

from __future__ import annotations

from recsvc.errors import ModelError
from recsvc.models.als import Als
from recsvc.models.collaborative import Collaborative
from recsvc.models.content import Content
from recsvc.models.contract import Model
from recsvc.models.ease import Ease
from recsvc.models.hybrid import Hybrid
from recsvc.models.knn import Knn
from recsvc.models.nmf import Nmf
from recsvc.models.popularity import MostRated, Popularity
from recsvc.models.spectral import Spectral
from recsvc.models.svd import Svd, Svdpp
from recsvc.models.vbmf import Vbmf

MODELS: dict[str, type[Model]] = {
    model.kind: model
    for model in (
        Popularity,
        MostRated,
        Content,
        Ease,
        Spectral,
        Collaborative,
        Als,
        Knn,
        Nmf,
        Svd,
        Svdpp,
        Vbmf,
        Hybrid,
    )
}


def model_class(kind: str) -> type[Model]:
    """Return the class of a kind; raises ModelError with the list of all kinds if there is no such kind."""
    try:
        return MODELS[kind]
    except KeyError:
        raise ModelError(f"there is no model {kind!r}; there are {', '.join(MODELS)}") from None
