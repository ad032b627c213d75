"""Sessions: a visitor gets a name and a token, and users sign out."""

from __future__ import annotations

from fastapi import APIRouter, Request

from recsvc.errors import NotAuthenticatedError, NotPermittedError
from recsvc.service.access import Sessions
from recsvc.service.deps import CallerDep
from recsvc.service.problems import document
from recsvc.service.schemas.session import SessionToken
from recsvc.settings import Settings
from recsvc.storage.database import Database
from recsvc.usecases.session import end_sessions

router = APIRouter(tags=["users"])


@router.post("/session", status_code=201, summary="Begin as a new visitor", responses=document())
async def session(request: Request) -> SessionToken:
    """Issue a signed token for a random name, `anon:` and 128 random bits. Nothing is stored.

    Feedback given with the token can be read, changed and erased with the token only.
    """
    settings: Settings = request.app.state.settings
    if settings.access == "keys":
        raise NotPermittedError("Visitors are not served here (RECSVC_ACCESS).")
    sessions: Sessions = request.app.state.sessions
    token, begun = sessions.begin()
    return SessionToken(token=token, user_id=begun.user_id, expires_at=begun.expires_at)


@router.delete("/session", status_code=204, summary="Sign out", responses=document(401))
async def sign_out(request: Request, caller: CallerDep) -> None:
    """End the session of a visitor: the token is refused from then on, here and in all other processes.

    What the visitor said stays stored, and nobody can reach it any more. `DELETE /users/{user_id}` erases it, and ends
    the session, too. Of a user of the identity provider, all tokens that were issued until now are refused.
    """
    if caller.subject is None or (until := caller.sessions_of(caller.subject)) is None:
        raise NotAuthenticatedError("There is no session to end: no session token was sent.")
    database: Database = request.app.state.database
    await end_sessions(database, caller.subject, until)
