"""Sessions: a visitor gets a name and a token."""

from __future__ import annotations

from fastapi import APIRouter, Request

from recsvc.service.access import Sessions
from recsvc.service.problems import document
from recsvc.service.schemas.session import SessionToken

router = APIRouter(tags=["users"])


@router.post("/session", status_code=201, summary="Begin as a new visitor", responses=document())
async def session(request: Request) -> SessionToken:
    """Issue a signed token for a random name, `anon:` and 128 random bits. Nothing is stored.

    Feedback given with the token can be read, changed and erased with the token only.
    """
    sessions: Sessions = request.app.state.sessions
    begun = sessions.begin()
    return SessionToken(token=begun.token, user_id=begun.user_id, expires_at=begun.expires_at)
