"""How much may be stored for one visitor or user of an identity provider: anyone can be one, and the disk is finite."""

from __future__ import annotations

from enum import Enum

from recsvc.errors import QuotaError
from recsvc.storage import users
from recsvc.storage.database import WriteTransaction
from recsvc.storage.tables import events, feedback, lists
from recsvc.usecases.session import Session

MOST = {"movies": 5_000, "events": 50_000, "lists": 100}
"""How many movies may have feedback, how many events and how many lists may be kept, over all catalogues."""


class Kept(Enum):
    """What is kept of users, by the column that says whose it is."""

    MOVIES = feedback.c.user_id
    EVENTS = events.c.user_id
    LISTS = lists.c.owner


async def keep_quota(transaction: WriteTransaction, session: Session | None, kept: Kept) -> None:
    """Let nothing more be stored for the user of a session than the quota; servers with keys have none.

    To be called when something was added, in the same transaction, so that nothing of it is stored.

    Raises:
        QuotaError: More is stored now than the quota.
    """
    if session is None:
        return
    name = kept.name.lower()
    if await users.has_more_than(transaction, kept.value, session.user_id, MOST[name]):
        told = "feedback about " if kept is Kept.MOVIES else ""
        raise QuotaError(f"No more is kept for one user than {told}{MOST[name]:,} {name}: remove some first.")
