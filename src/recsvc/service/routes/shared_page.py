"""The page of a list, which one sends to a friend: rendered here, since what previews a link runs no scripts."""

from __future__ import annotations

import re
from gzip import compress

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from recsvc.datasets.tmdb.movie import TMDB_NOTICE
from recsvc.errors import NotFoundError
from recsvc.service.assets import assets_path, modules
from recsvc.service.client_address import origin_of
from recsvc.service.deps import ContextDep
from recsvc.service.routes.pages import page_headers
from recsvc.service.schemas.lists import SLUG
from recsvc.settings import Settings
from recsvc.templating import render
from recsvc.usecases.lists import Asker, readable_list

router = APIRouter(include_in_schema=False)


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
    headers = {**page_headers(request.app.state.settings), "X-Robots-Tag": "noindex", "Vary": "Accept-Encoding"}
    if "gzip" not in request.headers.get("accept-encoding", ""):
        return HTMLResponse(html, status, headers)
    without_time = compress(html.encode(), mtime=0)  # so that the ETag of the same page is the same
    return HTMLResponse(without_time, status, headers | {"Content-Encoding": "gzip"})
