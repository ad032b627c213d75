from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from recsvc.errors import QuotaError
from recsvc.storage import feedback
from recsvc.storage.database import Database
from recsvc.storage.feedback import Feedback
from recsvc.types import FeedbackKind
from recsvc.usecases import quotas
from recsvc.usecases.quotas import Kept, keep_quota
from recsvc.usecases.session import Session, keep_session
from tests.databases import CATALOGUE

pytestmark = pytest.mark.anyio


async def test_writes_at_once_keep_within_one_quota(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quotas, "MOST", {"movies": 2})
    session = Session("ada", datetime.now(UTC) + timedelta(days=1))

    async def write(movie_id: int) -> None:
        async with database.write() as transaction:
            await keep_session(transaction, session)
            await feedback.put(transaction, CATALOGUE, Feedback("ada", movie_id, FeedbackKind.SEEN))
            await asyncio.sleep(0.05)  # so that the others have begun, too
            await keep_quota(transaction, session, Kept.MOVIES)

    done = await asyncio.gather(*map(write, range(5)), return_exceptions=True)
    assert done.count(None) == 2
    assert [type(error) for error in done if error is not None] == [QuotaError] * 3
    async with database.read() as transaction:
        assert len(await feedback.of_user(transaction, CATALOGUE, "ada", limit=10, offset=0)) == 2
