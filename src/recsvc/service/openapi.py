"""What is added to the `openapi.json` that FastAPI generates."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI

from recsvc.service.problems import MEDIA_TYPE

_FILLED_IN = ("user_id", "movie_id", "q")
"""Parameters whose examples fill the forms of /docs; an example of a filter would only be in the way there."""


class Documented(FastAPI):
    """FastAPI with the right media type for errors, and with examples in the forms of /docs."""

    def openapi(self) -> dict[str, Any]:
        """Generate the document once."""
        if self.openapi_schema is None:
            document = super().openapi()
            for path in document["paths"].values():
                for operation in path.values():
                    for parameter in operation.get("parameters", []):
                        if parameter["name"] in _FILLED_IN:
                            parameter["example"] = parameter["schema"]["examples"][0]
                    for status, response in operation["responses"].items():
                        if status >= "400":
                            response["content"] = {MEDIA_TYPE: response["content"]["application/json"]}
        return super().openapi()
