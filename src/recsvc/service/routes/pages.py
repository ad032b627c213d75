"""The web pages; everything that they load is served from here."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, FastAPI, Path, Request
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.responses import FileResponse, HTMLResponse
from starlette.staticfiles import StaticFiles

from recsvc.errors import NotFoundError
from recsvc.registry.manifest import VERSION_ID
from recsvc.service.assets import WEB, ImmutableFiles, assets_path, page
from recsvc.service.deps import DeploymentManagerDep
from recsvc.settings import Settings

router = APIRouter(include_in_schema=False)
reports = APIRouter(include_in_schema=False)
"""Reports show some of the users of the dataset."""
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


def page_headers(settings: Settings) -> dict[str, str]:
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
    return HTMLResponse(page(), headers=page_headers(request.app.state.settings))


@router.get("/docs")
async def docs() -> FileResponse:
    """The API page."""
    return FileResponse(WEB / "docs.html", headers=_headers(DOCS_POLICY))


@reports.get("/reports/{version}")
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
