"""A visitor's session."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from recsvc.service.schemas.fields import ResponseModel, UserField


class SessionToken(ResponseModel):
    """The name of a visitor, and the token that proves it."""

    token: str = Field(
        description="A JSON Web Token; send it as `Authorization: Bearer <token>`, and keep it out of addresses.",
        examples=["eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhbm9uOi4uLiJ9.c2lnbmF0dXJl"],
    )
    token_type: Literal["Bearer"] = Field(default="Bearer", description="How the token is sent.")
    user_id: UserField
    expires_at: datetime = Field(description="Until when the token is valid.")
