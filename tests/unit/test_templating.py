from __future__ import annotations

import pytest
from jinja2 import UndefinedError

from recsvc.templating import render


def test_a_name_that_is_missing_in_the_context_is_an_error() -> None:
    with pytest.raises(UndefinedError, match="title"):
        render("evaluation.html")
