"""Recommendation tokens: signed proof of what was recommended to whom, which feedback and events send back.

A token contains the day, the strategy, the version, the user (as a keyed digest), the catalogue (as a digest) and the
movies in their order, and ends in a MAC. It depends on nothing else, so that all replicas with one key issue the same
token for the same answer. On the wire it is the field `recommendation_id`.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import struct
import time
from collections.abc import Callable, Sequence
from hashlib import blake2b

from recsvc.engine.strategies import CODES, Strategy
from recsvc.errors import CatalogueMismatchError, InvalidInputError
from recsvc.types import Attribution, CatalogueName, MovieId, UserId

_STRATEGIES = {code: strategy for strategy, code in CODES.items()}
_HEADER = struct.Struct("<BHBI8s8sB")
"""Format, day since 1970, code of the strategy, rank of the first movie, digests of user and catalogue, and the length
of the version."""
_FORMAT = 2
_MAC_BYTES = 16
_NOBODY = bytes(8)
_SECONDS_PER_DAY = 86_400
FIELD = ("recommendation_id",)


class RecommendationTokens:
    """Issues and reads recommendation tokens with one key; each token is accepted for `days` days."""

    def __init__(self, key: bytes, *, days: int, clock: Callable[[], float] = time.time) -> None:
        self._key = blake2b(key, digest_size=32, person=b"recommendation").digest()
        self._days = days
        self._clock = clock

    def issue(
        self,
        catalogue: CatalogueName,
        version: str,
        strategy: Strategy,
        user_id: UserId | None,
        first_rank: int,
        movie_ids: Sequence[MovieId],
    ) -> str:
        """Issue the token of a page of a list; the ranks of the movies count on from `first_rank`."""
        name = version.encode()
        day = int(self._clock() // _SECONDS_PER_DAY)
        digests = self._digest_of_user(user_id), _digest_of_catalogue(catalogue)
        header = _HEADER.pack(_FORMAT, day, CODES[strategy], first_rank, *digests, len(name))
        payload = header + name + struct.pack(f"<{len(movie_ids)}Q", *movie_ids)
        return _encode(payload + self._mac(payload))

    def attribution(
        self, token: str, catalogue: CatalogueName, user_id: UserId, movie_id: MovieId
    ) -> Attribution | None:
        """Return where a movie had been recommended to a user; None if the token was issued for nobody.

        Anyone can get such a token, as many as they like, and send it back as anyone: it says nothing about a version.

        Raises:
            InvalidInputError: The token was not issued here, has expired, was issued for another user, or does not
                contain the movie.
            CatalogueMismatchError: It was issued for another catalogue, in which the movie id means another movie.
        """
        payload = self._payload(token)
        _, day, code, first_rank, user, of_catalogue, length = _HEADER.unpack_from(payload)
        if of_catalogue != _digest_of_catalogue(catalogue):
            raise CatalogueMismatchError("The recommendation id", "", catalogue, "ask for another list")
        # A replica whose clock is a little ahead may have issued it on what is tomorrow here.
        if not -1 <= self._clock() // _SECONDS_PER_DAY - day <= self._days:
            raise InvalidInputError(FIELD, f"The recommendation id has expired: it was valid for {self._days} days.")
        if user not in (_NOBODY, self._digest_of_user(user_id)):
            raise InvalidInputError(FIELD, "The recommendation id was made for another user.")
        content = payload[_HEADER.size + length :]
        movie_ids = struct.unpack(f"<{len(content) // 8}Q", content)
        if movie_id not in movie_ids:
            raise InvalidInputError(FIELD, f"The recommendation id does not hold movie {movie_id}.")
        if user == _NOBODY:
            return None
        version = payload[_HEADER.size : _HEADER.size + length].decode()
        return Attribution(version, _STRATEGIES[code].value, first_rank + movie_ids.index(movie_id))

    def _payload(self, token: str) -> bytes:
        """Return the content of a token after verifying its MAC and format; nothing is read of any other text."""
        try:
            content = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            content = b""
        payload, mac = content[:-_MAC_BYTES], content[-_MAC_BYTES:]
        # The last character may have bits without a meaning: only one text is the token of an answer.
        if _encode(content) != token or not hmac.compare_digest(mac, self._mac(payload)):
            raise InvalidInputError(FIELD, "The recommendation id was not made by this service.")
        if payload[0] != _FORMAT:
            raise InvalidInputError(FIELD, "The recommendation id was made by another release of this service.")
        return payload

    def _mac(self, payload: bytes) -> bytes:
        return blake2b(payload, digest_size=_MAC_BYTES, key=self._key).digest()

    def _digest_of_user(self, user_id: UserId | None) -> bytes:
        if user_id is None:
            return _NOBODY
        return blake2b(user_id.encode(), digest_size=8, key=self._key, person=b"person").digest()


def _digest_of_catalogue(name: CatalogueName) -> bytes:
    return blake2b(name.encode(), digest_size=8, person=b"catalogue").digest()


def _encode(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
