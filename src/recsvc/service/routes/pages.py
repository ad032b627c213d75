"""The web pages; everything that they load is served from here."""

from __future__ import annotations

import re
from gzip import compress
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, FastAPI, Path, Request
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.responses import FileResponse, HTMLResponse
from starlette.staticfiles import StaticFiles

from recsvc.datasets.tmdb.movie import TMDB_NOTICE
from recsvc.errors import NotFoundError
from recsvc.registry.manifest import VERSION_ID
from recsvc.service.assets import WEB, ImmutableFiles, assets_path, modules, page
from recsvc.service.client_address import origin_of
from recsvc.service.deps import ContextDep, DeploymentManagerDep
from recsvc.service.schemas.lists import SLUG
from recsvc.settings import Settings
from recsvc.templating import render
from recsvc.usecases.lists import Asker, readable_list

router = APIRouter(include_in_schema=False)
_COMMON = "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
DOCS_POLICY = (
    f"default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; {_COMMON}"
)
REPORT_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'",
    "X-Frame-Options": "SAMEORIGIN",  # the page about the model shows it in a frame
    "Cache-Control": "no-cache",
}


def mount_assets(app: FastAPI) -> None:
    """Serve the project's own assets and Swagger UI's, which fastapi-offline packs, compressed below `/assets/`."""
    app.mount(assets_path(), GZipMiddleware(ImmutableFiles(directory=WEB)))
    app.mount("/assets", GZipMiddleware(StaticFiles(directory=WEB, packages=[("fastapi_offline", "static")])))


def _page_headers(settings: Settings) -> dict[str, str]:
    """Return the headers of a page that loads nothing from elsewhere but posters."""
    posters = urlsplit(settings.poster_base_url)
    images = f"'self' data: {posters.scheme}://{posters.netloc}"
    scripts = "script-src 'self'; style-src 'self'; frame-src 'self'"
    return _headers(f"default-src 'none'; {scripts}; img-src {images}; {_COMMON}")


def _headers(policy: str) -> dict[str, str]:
    return {"Content-Security-Policy": policy, "Cache-Control": "no-cache"}


@router.get("/")
async def home(request: Request) -> HTMLResponse:
    """The web page."""
    return HTMLResponse(page(), headers=_page_headers(request.app.state.settings))


@router.get("/l/{slug}")
async def list_page(request: Request, context: ContextDep, slug: str) -> HTMLResponse:
    """A list as a page for whoever is sent its link, with tags for previews of the link; 404 as a page, too."""
    settings: Settings = request.app.state.settings
    try:
        if not re.fullmatch(SLUG, slug):
            raise NotFoundError("list", slug)
        stored = await readable_list(context.deployment, context.database, slug, Asker())
    except NotFoundError:
        return _compressed(request, render("no_list.html", assets=assets_path()), 404)
    html = render(
        "shared_list.html",
        shared=context.presenter.shared_list(context.deployment, stored),
        origin=origin_of(request.scope, settings.trusted_proxies),
        attribution=TMDB_NOTICE,
        assets=assets_path(),
        modules=sorted({*modules("shared.js"), *modules("theme.js")}),
    )
    return _compressed(request, html)


def _compressed(request: Request, html: str, status: int = 200) -> HTMLResponse:
    """Return a page, compressed for who takes that: a long list is some hundred kB."""
    headers = {**_page_headers(request.app.state.settings), "X-Robots-Tag": "noindex", "Vary": "Accept-Encoding"}
    if "gzip" not in request.headers.get("accept-encoding", ""):
        return HTMLResponse(html, status, headers)
    without_time = compress(html.encode(), mtime=0)  # so that the ETag of the same page is the same
    return HTMLResponse(without_time, status, headers | {"Content-Encoding": "gzip"})


@router.get("/docs")
async def docs() -> FileResponse:
    """The API page."""
    return FileResponse(WEB / "docs.html", headers=_headers(DOCS_POLICY))


@router.get("/reports/{version}")
async def report(
    manager: DeploymentManagerDep, version: Annotated[str, Path(pattern=f"^{VERSION_ID.pattern}$")]
) -> FileResponse:
    """The report of a version, if there is one."""
    page = manager.registry.report_path(version)
    if not page.is_file():
        raise NotFoundError("report of version", version)
    return FileResponse(page, headers=REPORT_HEADERS)


@router.get("/favicon.ico")
async def favicon() -> FileResponse:
    """The icon that browsers ask for by themselves."""
    return FileResponse(WEB / "favicon.svg", headers={"Cache-Control": "no-cache"})
