"""Recommendation ids: what was recommended to whom, signed, so that feedback can say where it comes from.

An id holds the day, the strategy, the version, who it was for (as a keyed digest) and the movies in their order, and
ends in a MAC. It depends on nothing else, so that replicas with one key give the same id to the same answer.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import struct
import time
from collections.abc import Callable, Sequence
from hashlib import blake2b

from recsvc.engine.query import Strategy
from recsvc.errors import InvalidInputError
from recsvc.types import Attribution, MovieId, UserId

_STRATEGIES = tuple(Strategy)
_HEADER = struct.Struct("<BHBI8sB")
"""Format, day since 1970, strategy, rank of the first movie, digest of the user, length of the version."""
_FORMAT = 1
_MAC_BYTES = 16
_NOBODY = bytes(8)
_SECONDS_A_DAY = 86_400
FIELD = ("recommendation_id",)


class RecommendationTokens:
    """Makes and reads recommendation ids with one key (32 bytes); each is accepted for `days` days."""

    def __init__(self, key: bytes, *, days: int, clock: Callable[[], float] = time.time) -> None:
        self._key = blake2b(key, digest_size=32, person=b"recommendation").digest()
        self._days = days
        self._clock = clock

    def issue(
        self, version: str, strategy: Strategy, user_id: UserId | None, first_rank: int, movie_ids: Sequence[MovieId]
    ) -> str:
        """Make the id of a page of a list; the movies' ranks count on from `first_rank`."""
        name = version.encode()
        day = int(self._clock() // _SECONDS_A_DAY)
        header = _HEADER.pack(_FORMAT, day, _STRATEGIES.index(strategy), first_rank, self._digest(user_id), len(name))
        payload = header + name + struct.pack(f"<{len(movie_ids)}Q", *movie_ids)
        return _encoded(payload + self._mac(payload))

    def attribution(self, text: str, user_id: UserId, movie_id: MovieId) -> Attribution:
        """Say where a movie had been recommended to a user. An id made for nobody may be used by anyone.

        Raises:
            InvalidInputError: the id was not made here, has expired, is another user's, or the movie is not in it.
        """
        payload = self._payload(text)
        _, day, strategy, first_rank, user, length = _HEADER.unpack_from(payload)
        # A replica whose clock is a little ahead may have made it tomorrow.
        if not -1 <= self._clock() // _SECONDS_A_DAY - day <= self._days:
            raise InvalidInputError(FIELD, f"The recommendation id has expired: it was valid for {self._days} days.")
        if user not in (_NOBODY, self._digest(user_id)):
            raise InvalidInputError(FIELD, "The recommendation id was made for another user.")
        movies = payload[_HEADER.size + length :]
        movie_ids = struct.unpack(f"<{len(movies) // 8}Q", movies)
        if movie_id not in movie_ids:
            raise InvalidInputError(FIELD, f"The recommendation id does not hold movie {movie_id}.")
        version = payload[_HEADER.size : _HEADER.size + length].decode()
        return Attribution(version, _STRATEGIES[strategy].value, first_rank + movie_ids.index(movie_id))

    def _payload(self, text: str) -> bytes:
        """What an id holds, once its MAC was verified; nothing that is not ours is looked into."""
        try:
            content = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            content = b""
        payload, mac = content[:-_MAC_BYTES], content[-_MAC_BYTES:]
        # The last character may hold bits that mean nothing: only one text is the id of an answer.
        if _encoded(content) != text or not hmac.compare_digest(mac, self._mac(payload)):
            raise InvalidInputError(FIELD, "The recommendation id was not made by this service.")
        return payload

    def _mac(self, payload: bytes) -> bytes:
        return blake2b(payload, digest_size=_MAC_BYTES, key=self._key).digest()

    def _digest(self, user_id: UserId | None) -> bytes:
        if user_id is None:
            return _NOBODY
        return blake2b(user_id.encode(), digest_size=8, key=self._key, person=b"person").digest()


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
