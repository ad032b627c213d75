"""What carries data does not change on its way."""

from __future__ import annotations

import dataclasses
import importlib
import pkgutil

import recsvc

MIGRATIONS = "recsvc.storage.migrations"


def dataclasses_of_the_package() -> set[type]:
    names = {module.name for module in pkgutil.walk_packages(recsvc.__path__, "recsvc.")}
    modules = [importlib.import_module(name) for name in names if not name.startswith(MIGRATIONS)]
    held = (value for module in modules for value in vars(module).values() if isinstance(value, type))
    return {kind for kind in held if dataclasses.is_dataclass(kind) and kind.__module__.startswith("recsvc.")}


def test_every_dataclass_is_frozen_and_has_slots() -> None:
    found = dataclasses_of_the_package()
    assert len(found) > 50
    changeable = {kind for kind in found if not kind.__dataclass_params__.frozen}  # type: ignore[attr-defined]
    assert changeable == set()
    assert {kind for kind in found if "__slots__" not in vars(kind)} == set()
