"""The page and the assets of all, at an address that changes with them, so that browsers load nothing twice."""

from __future__ import annotations

import re
from functools import cache
from hashlib import blake2b
from os import PathLike, stat_result
from pathlib import Path

from fastapi import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

WEB = Path(__file__).parent / "web"
_IMPORT = re.compile(r'^(?:import|export)\b[^"]*"(\.{1,2}/[\w./-]+\.js)";', re.MULTILINE)


class ImmutableFiles(StaticFiles):
    """Files that are never another at the same address."""

    def file_response(
        self, full_path: PathLike[str] | str, stat_result: stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        """Answer with a file, to be kept for a year, which is as long as caches care for."""
        response = super().file_response(full_path, stat_result, scope, status_code)
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response


@cache
def assets_path() -> str:
    """Return the address of this release's assets, which names their content."""
    digest = blake2b(digest_size=8)
    for path in sorted(path for path in WEB.rglob("*") if path.is_file()):
        digest.update(f"{path.relative_to(WEB)} {path.stat().st_size}\n".encode() + path.read_bytes())
    return f"/assets/{digest.hexdigest()}"


@cache
def page() -> str:
    """Return the HTML of the page, which names all modules at once, so that none waits for another to name it."""
    links = [f'<link rel="modulepreload" href="/assets/{name}">' for name in modules("main.js")]
    html = (WEB / "index.html").read_text(encoding="utf-8").replace("<!-- modules -->", "\n".join(links))
    return html.replace('"/assets/', f'"{assets_path()}/')


@cache
def modules(entry: str) -> tuple[str, ...]:
    """Return all modules that one imports, by itself or through others, as paths below `web/`."""
    found: set[str] = set()
    waiting = [WEB / entry]
    while waiting:
        path = waiting.pop()
        for name in _IMPORT.findall(path.read_text(encoding="utf-8")):
            imported = (path.parent / name).resolve()
            relative = imported.relative_to(WEB.resolve()).as_posix()
            if relative not in found:
                found.add(relative)
                waiting.append(imported)
    return tuple(sorted(found))
