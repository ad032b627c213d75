from __future__ import annotations

import re
from pathlib import Path

import pytest

from recsvc.settings import Settings

README = Path(__file__).parents[2] / "README.md"


@pytest.mark.parametrize("field", Settings.model_fields)
def test_every_setting_is_in_the_readme(field: str) -> None:
    assert re.search(rf"\bRECSVC_{field.upper()}\b", README.read_text(encoding="utf-8"))


def test_the_readme_has_no_setting_that_there_is_not() -> None:
    named = set(re.findall(r"\bRECSVC_([A-Z_]+)\b", README.read_text(encoding="utf-8")))
    of_tests = {name for name in named if name.startswith("TEST_")}
    assert {name.lower() for name in named - of_tests} <= set(Settings.model_fields)
