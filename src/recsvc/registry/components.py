"""The allow-list of components: a stored component names a kind, and only these kinds can be created from it."""

from __future__ import annotations

from typing import ClassVar, Protocol, Self

from recsvc.errors import RegistryError
from recsvc.features.catalogue import Catalogue
from recsvc.features.history import History
from recsvc.features.title_index import TitleIndex
from recsvc.models.kinds import MODELS
from recsvc.types import State


class Component(Protocol):
    """Anything that can be stored as JSON and plain arrays, and created from them."""

    kind: ClassVar[str]

    def state(self) -> State:
        """Return everything that is stored."""

    @classmethod
    def from_state(cls, state: State) -> Self:
        """Create the component from its state; arrays are read-only."""


KINDS: dict[str, type[Component]] = {
    **MODELS,
    Catalogue.kind: Catalogue,
    History.kind: History,
    TitleIndex.kind: TitleIndex,
}


def component_class(kind: str) -> type[Component]:
    """Return the class of a kind; raises RegistryError for one that is not allowed."""
    try:
        return KINDS[kind]
    except KeyError:
        raise RegistryError(f"a component of the unknown kind {kind!r} cannot be loaded by this release") from None
