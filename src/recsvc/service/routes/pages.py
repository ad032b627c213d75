"""The pages for people; all that they load is served from here."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter, FastAPI
from fastapi.responses import FileResponse, RedirectResponse
from starlette.staticfiles import StaticFiles

router = APIRouter(include_in_schema=False)
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_WEB = Path(__file__).parent.parent / "web"


def mount_assets(app: FastAPI) -> None:
    """Serve the project's own assets and Swagger UI's, which fastapi-offline packs, below `/assets/`."""
    app.mount("/assets", StaticFiles(directory=_WEB, packages=[("fastapi_offline", "static")]))


@router.get("/")
async def home() -> RedirectResponse:
    """Lead to the API page."""
    return RedirectResponse("/docs")


@router.get("/docs")
async def docs() -> FileResponse:
    """The API page."""
    return FileResponse(
        _WEB / "docs.html", headers={"Content-Security-Policy": PAGE_POLICY, "Cache-Control": "no-cache"}
    )


@router.get("/favicon.ico")
async def favicon() -> FileResponse:
    """The icon that browsers ask for by themselves."""
    return FileResponse(_WEB / "favicon.svg", headers={"Cache-Control": "no-cache"})
