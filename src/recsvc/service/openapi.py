"""What is added to the `openapi.json` that FastAPI generates."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI

from recsvc.service.problems import MEDIA_TYPE

_TOKEN: dict[str, list[str]] = {"SessionToken": []}
_KEY: dict[str, list[str]] = {"ApiKey": []}
_SIGN_OUT = "sign_out"
_FILLED_IN = ("user_id", "movie_id", "q")
"""Parameters whose examples fill the forms of /docs; an example of a filter would only be in the way there."""


class Documented(FastAPI):
    """FastAPI with the right media type for errors, all ways to say who calls, and examples in the forms of /docs."""

    def openapi(self) -> dict[str, Any]:
        """Generate the document once."""
        if self.openapi_schema is None:
            document = super().openapi()
            for path in document["paths"].values():
                for operation in path.values():
                    ways = operation.get("security", [])
                    if _TOKEN in ways and operation["operationId"] != _SIGN_OUT:
                        others = [way for way in ways if way != _TOKEN]
                        operation["security"] = [{}, _TOKEN, _KEY, *others]  # {} is none of them
                    for parameter in operation.get("parameters", []):
                        if parameter["name"] in _FILLED_IN:
                            parameter["example"] = parameter["schema"]["examples"][0]
                    for status, response in operation["responses"].items():
                        if status >= "400":
                            response["content"] = {MEDIA_TYPE: response["content"]["application/json"]}
        return super().openapi()
