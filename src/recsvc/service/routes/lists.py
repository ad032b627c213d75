"""Lists that are shared by their link."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Path, Response
from fastapi.security import APIKeyHeader

from recsvc.service.caching import AlwaysRevalidated
from recsvc.service.deps import ContextDep, ExpectedCatalogue
from recsvc.service.problems import document
from recsvc.service.schemas.lists import SLUG, ListBody, ListChange, NewList, SharedList
from recsvc.usecases.lists import change_list, remove_list, share, shared_list

router = APIRouter(prefix="/lists", tags=["lists"])
SlugPath = Annotated[
    str,
    Path(pattern=f"^{SLUG}$", description="As in the list's link.", examples=["s7Y0mGq8Qn6cGv4V2kq1xA"]),
]
_header = APIKeyHeader(
    name="X-Edit-Token", scheme_name="EditToken", auto_error=False, description="What `POST /lists` answered."
)


def _edit_token(given: Annotated[str | None, Depends(_header)]) -> str:
    if given is None:
        raise HTTPException(401, "X-Edit-Token is missing.", {"WWW-Authenticate": "ApiKey"})
    return given


EditToken = Annotated[str, Depends(_edit_token)]


@router.post(
    "", status_code=201, summary="Share a list", dependencies=[ExpectedCatalogue], responses=document(409, 413)
)
async def make_list(context: ContextDep, body: ListBody, response: Response) -> NewList:
    """Store a list that anyone with its link can read; the edit token in the answer is needed to change it."""
    stored, token = await share(context.deployment, context.database, body.title, body.movie_ids)
    response.headers["Location"] = f"/lists/{stored.slug}"
    return NewList(**dict(context.presenter.shared_list(context.deployment, stored)), edit_token=token)


@router.get("/{slug}", summary="Read a shared list", dependencies=[AlwaysRevalidated], responses=document(404))
async def read_list(context: ContextDep, slug: SlugPath) -> SharedList:
    """The movies in their order.

    A movie that has left the catalogue is shown with the title that it had, and so are all movies of a list of another
    catalogue than the one that serves now.
    """
    stored = await shared_list(context.deployment, context.database, slug)
    return context.presenter.shared_list(context.deployment, stored)


@router.patch(
    "/{slug}",
    summary="Change a shared list",
    dependencies=[ExpectedCatalogue],
    responses=document(401, 403, 404, 409, 413),
)
async def edit_list(context: ContextDep, slug: SlugPath, token: EditToken, body: ListChange) -> SharedList:
    """Change the title of a list, its movies, or both."""
    stored = await change_list(context.deployment, context.database, slug, token, body.title, body.movie_ids)
    return context.presenter.shared_list(context.deployment, stored)


@router.delete("/{slug}", status_code=204, summary="Remove a shared list", responses=document(401, 403, 404))
async def delete_list(context: ContextDep, slug: SlugPath, token: EditToken) -> None:
    """Remove a list; its link does not work any more."""
    await remove_list(context.deployment, context.database, slug, token)
