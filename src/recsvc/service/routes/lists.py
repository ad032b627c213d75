"""Lists that are shared by their link."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Header, HTTPException, Path, Response
from fastapi.security import APIKeyHeader

from recsvc.service.caching import AlwaysRevalidated, tag_of, tags_in
from recsvc.service.deps import Context, ContextDep, ExpectedCatalogue
from recsvc.service.problems import document
from recsvc.service.schemas.lists import SLUG, ListBody, ListChange, NewList, SharedList
from recsvc.storage.lists import StoredList
from recsvc.usecases.lists import Condition, change_list, remove_list, share, shared_list

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


async def _condition(
    context: ContextDep,
    if_match: Annotated[
        str | None,
        Header(
            max_length=1000,
            description="The `ETag` with which the list was read; 412 if it was changed since. Without it the list is "
            "changed however it is.",
        ),
    ] = None,
) -> Condition:
    if if_match is None:
        return lambda _: True
    tags = tags_in(if_match.encode("latin-1"))
    return lambda stored: b"*" in tags or _tag(context.presenter.shared_list(context.deployment, stored)) in tags


EditToken = Annotated[str, Depends(_edit_token)]
ConditionDep = Annotated[Condition, Depends(_condition)]


def _tag(shown: SharedList) -> bytes:
    return tag_of(shown.model_dump_json().encode())


def _answer(context: Context, stored: StoredList, response: Response) -> SharedList:
    """Return a list as the API shows it, with its ETag, which is the same in all answers about it."""
    shown = context.presenter.shared_list(context.deployment, stored)
    response.headers["ETag"] = _tag(shown).decode()
    return shown


@router.post(
    "", status_code=201, summary="Share a list", dependencies=[ExpectedCatalogue], responses=document(409, 413)
)
async def make_list(context: ContextDep, body: ListBody, response: Response) -> NewList:
    """Store a list that anyone with its link can read; the edit token in the answer is needed to change it."""
    stored, token = await share(context.deployment, context.database, body.title, body.movie_ids)
    response.headers["Location"] = f"/lists/{stored.slug}"
    return NewList(**dict(_answer(context, stored, response)), edit_token=token)


@router.get("/{slug}", summary="Read a shared list", dependencies=[AlwaysRevalidated], responses=document(404))
async def read_list(context: ContextDep, slug: SlugPath, response: Response) -> SharedList:
    """The movies in their order.

    A movie that has left the catalogue is shown with the title that it had, and so are all movies of a list of another
    catalogue than the one that serves now.
    """
    stored = await shared_list(context.deployment, context.database, slug)
    return _answer(context, stored, response)


@router.patch(
    "/{slug}",
    summary="Change a shared list",
    dependencies=[ExpectedCatalogue],
    responses=document(401, 403, 404, 409, 412, 413),
)
async def edit_list(
    context: ContextDep,
    slug: SlugPath,
    token: EditToken,
    body: ListChange,
    is_as_read: ConditionDep,
    response: Response,
) -> SharedList:
    """Change the title of a list, its movies, or both."""
    deployment, title, movies = context.deployment, body.title, body.movie_ids
    stored = await change_list(deployment, context.database, slug, token, title, movies, is_as_read)
    return _answer(context, stored, response)


@router.delete("/{slug}", status_code=204, summary="Remove a shared list", responses=document(401, 403, 404, 412))
async def delete_list(context: ContextDep, slug: SlugPath, token: EditToken, is_as_read: ConditionDep) -> None:
    """Remove a list; its link does not work any more."""
    await remove_list(context.deployment, context.database, slug, token, is_as_read)
