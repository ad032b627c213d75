"""Lists, which are shared by their link or private."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Header, HTTPException, Path, Query, Response
from fastapi.security import APIKeyHeader

from recsvc.service.caching import AlwaysRevalidated, tag_of, tags_in
from recsvc.service.deps import CallerDep, Context, ContextDep, ExpectedCatalogue
from recsvc.service.problems import document
from recsvc.service.schemas.lists import SLUG, ListBody, ListChange, ListQuery, NewList, SharedList
from recsvc.storage.lists import StoredList
from recsvc.types import ListKind
from recsvc.usecases.lists import Asker, Condition, ListEdit, change_list, make, readable_list, remove_list

router = APIRouter(prefix="/lists", tags=["lists"])
SlugPath = Annotated[
    str,
    Path(pattern=f"^{SLUG}$", description="As in the list's link.", examples=["s7Y0mGq8Qn6cGv4V2kq1xA"]),
]
_header = APIKeyHeader(
    name="X-Edit-Token", scheme_name="EditToken", auto_error=False, description="What `POST /lists` answered."
)


def _reader(caller: CallerDep, query: Annotated[ListQuery, Query()]) -> Asker:
    return Asker(caller.user(query.user_id), caller.session)


def _editor(
    caller: CallerDep, query: Annotated[ListQuery, Query()], edit_token: Annotated[str | None, Depends(_header)]
) -> Asker:
    asker = Asker(caller.user(query.user_id), caller.session, edit_token)
    if asker == Asker():
        told = "X-Edit-Token is missing, and so is the owner of the list."
        raise HTTPException(401, told, {"WWW-Authenticate": "ApiKey"})
    return asker


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


ReaderDep = Annotated[Asker, Depends(_reader)]
EditorDep = Annotated[Asker, Depends(_editor)]
ConditionDep = Annotated[Condition, Depends(_condition)]


def _tag(shown: SharedList) -> bytes:
    return tag_of(shown.model_dump_json().encode())


def _answer(context: Context, stored: StoredList, response: Response) -> SharedList:
    """Return a list as the API shows it, with its ETag, which is the same in all answers about it."""
    shown = context.presenter.shared_list(context.deployment, stored)
    response.headers["ETag"] = _tag(shown).decode()
    if stored.kind is not ListKind.SHARED:
        response.headers["Cache-Control"] = "no-store"
    return shown


@router.post(
    "", status_code=201, summary="Make a list", dependencies=[ExpectedCatalogue], responses=document(401, 403, 409, 413)
)
async def make_list(context: ContextDep, caller: CallerDep, body: ListBody, response: Response) -> NewList:
    """Store a list. It belongs to the user whose token is sent, or else to the one who is named, if one is.

    Its owner may change it, and so may whoever has the edit token in the answer.
    """
    asker = Asker(caller.user(body.user_id), caller.session)
    deployment, kind, movies = context.deployment, body.kind or ListKind.SHARED, body.movie_ids
    stored, token = await make(deployment, context.database, asker, body.title, kind, movies)
    response.headers["Location"] = f"/lists/{stored.slug}"
    return NewList(**dict(_answer(context, stored, response)), edit_token=token)


@router.get("/{slug}", summary="Read a list", dependencies=[AlwaysRevalidated], responses=document(401, 403, 404))
async def read_list(context: ContextDep, slug: SlugPath, asker: ReaderDep, response: Response) -> SharedList:
    """The movies in their order; a private list is not there for others than its owner.

    A movie that has left the catalogue is shown with the title that it had, and so are all movies of a list of another
    catalogue than the one that serves now.
    """
    stored = await readable_list(context.deployment, context.database, slug, asker)
    return _answer(context, stored, response)


@router.patch(
    "/{slug}",
    summary="Change a list",
    dependencies=[ExpectedCatalogue],
    responses=document(401, 403, 404, 409, 412, 413),
)
async def edit_list(
    context: ContextDep,
    slug: SlugPath,
    asker: EditorDep,
    body: ListChange,
    is_as_read: ConditionDep,
    response: Response,
) -> SharedList:
    """Change the title of a list, who reads it, its movies and their order, and notes on them."""
    stored = await change_list(context.deployment, context.database, slug, asker, _edit(body), is_as_read)
    return _answer(context, stored, response)


def _edit(body: ListChange) -> ListEdit:
    kind = None if body.kind is None else ListKind(body.kind)
    notes = None if body.notes is None else {one.movie_id: one.note for one in body.notes}
    return ListEdit(body.title, kind, body.movie_ids, notes)


@router.delete("/{slug}", status_code=204, summary="Remove a list", responses=document(401, 403, 404, 412))
async def delete_list(context: ContextDep, slug: SlugPath, asker: EditorDep, is_as_read: ConditionDep) -> None:
    """Remove a list; its link does not work any more."""
    await remove_list(context.deployment, context.database, slug, asker, is_as_read)
