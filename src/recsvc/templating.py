"""HTML from the templates in `recsvc/templates`. Python passes data, and all markup is in the templates."""

from __future__ import annotations

from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined


def render(template: str, **context: Any) -> str:
    """Return a template filled with data. Everything in the data is escaped.

    Raises:
        jinja2.UndefinedError: The template uses a name that the context does not contain.
    """
    return _environment().get_template(template).render(context)


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("recsvc", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
