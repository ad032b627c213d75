"""Users of the operator's identity provider, who come with its tokens; a real server has its keys."""

from __future__ import annotations

import hmac
import json
import threading
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from starlette.testclient import TestClient

from recsvc.errors import ConfigurationError
from recsvc.service import identity
from recsvc.service.identity import IdentityProvider, user_of
from recsvc.types import Scope
from tests.api.asking import Json, Visitor, answer, assert_problem, begin, serving, settings_for
from tests.api.looking import contents
from tests.callers import new_key

SECRET = "a secret of the provider that is long enough, also for HS512: 64 characters"
ISSUER, AUDIENCE = "https://login.example/", "recsvc"
HS256 = {"jwt_algorithm": "HS256", "jwt_secret": SECRET, "jwt_issuer": ISSUER, "jwt_audience": AUDIENCE}
EXPOSED: Json = {"exposed": True, "requests_per_minute": 0}
Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


def claims(subject: object = "ada", **more: Any) -> Json:
    now = int(time.time())
    found = {"sub": subject, "iss": ISSUER, "aud": AUDIENCE, "iat": now, "exp": now + 600, **more}
    return {name: value for name, value in found.items() if value is not None}


def token(subject: object = "ada", secret: str = SECRET, **more: Any) -> str:
    return jwt.encode(claims(subject, **more), secret, "HS256")


def bearer(given: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {given}"}


def _public(key: Key) -> Json:
    if isinstance(key, rsa.RSAPrivateKey):
        return jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
    return jwt.algorithms.ECAlgorithm.to_jwk(key.public_key(), as_dict=True)


def signed_with(secret: bytes, header: Json) -> str:
    """A token by HMAC, made by hand: the library does not sign with what is a public key."""
    parts = [urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (header, claims())]
    signature = hmac.digest(secret, b".".join(parts), "sha256")
    return b".".join([*parts, urlsafe_b64encode(signature).rstrip(b"=")]).decode()


@dataclass
class Provider:
    """Keys by their ids, the answers that are given, and how often they were asked for."""

    keys: dict[str, Key] = field(default_factory=dict)
    url: str = ""
    asked: int = 0
    answered: int = 0
    broken: bool = False
    more: list[Any] = field(default_factory=list)
    body: bytes | None = None
    go_on: threading.Event = field(default_factory=threading.Event)

    def public(self) -> Json:
        return {"keys": [*self.more, *({**_public(key), "kid": kid, "use": "sig"} for kid, key in self.keys.items())]}

    def token(self, kid: str, algorithm: str, **more: Any) -> str:
        return jwt.encode(claims(**more), self.keys[kid], algorithm, headers={"kid": kid})


@contextmanager
def providing() -> Iterator[Provider]:
    provider = Provider()
    provider.go_on.set()

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            provider.asked += 1
            provider.go_on.wait(60)
            provider.answered += 1
            self.send_response(500 if provider.broken else 200)
            self.end_headers()
            self.wfile.write(provider.body or json.dumps(provider.public()).encode())

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        provider.url = f"http://127.0.0.1:{server.server_port}/keys"
        yield provider
        server.shutdown()


@pytest.fixture
def exposed(sample_artifacts: Path, database_url: str) -> Iterator[TestClient]:
    with serving(sample_artifacts, database_url, **HS256, **EXPOSED) as client:
        yield client


@pytest.fixture
def on_sqlite(sample_artifacts: Path, sqlite_url: str) -> Iterator[TestClient]:
    with serving(sample_artifacts, sqlite_url, **HS256, **EXPOSED) as client:
        yield client


def test_a_user_of_the_provider_is_who_its_token_says(exposed: TestClient) -> None:
    headers = bearer(token("ada"))
    answer(exposed.post("/rate", json={"movie_id": 1, "rating": 5}, headers=headers), 201)
    assert answer(exposed.get("/users/ada/ratings", headers=headers))["total"] == 1
    assert answer(exposed.get("/recommend", headers=headers))["user_id"] == "ada"
    assert_problem(exposed.get("/users/bob/ratings", headers=headers), 403)
    assert_problem(exposed.post("/rate", json={"user_id": "bob", "movie_id": 1, "rating": 5}, headers=headers), 403)
    assert_problem(exposed.get("/users/ada/ratings"), 401)


def test_beside_them_there_are_visitors_and_servers(exposed: TestClient, database_url: str) -> None:
    visitor = begin(exposed)
    answer(exposed.post("/rate", json={"movie_id": 1, "rating": 5}, headers=visitor.headers), 201)
    answer(exposed.post("/rate", json={"movie_id": 2, "rating": 4}, headers=bearer(token("ada"))), 201)
    key = {"X-API-Key": new_key(database_url, Scope.READ)}
    assert answer(exposed.get("/users/ada/ratings", headers=key))["total"] == 1  # a server names the same user


@pytest.mark.parametrize(
    "forged",
    [
        token(secret="another secret, of 32 characters ..."),
        token(iss="https://evil.example/"),
        token(aud="another service"),
        token(aud=None),
        token(exp=int(time.time()) - 3600),
        token(exp=None),
        token(iat=None),
        token(iat=int(time.time()) - 366 * 86400, exp=int(time.time()) + 600),
        token(iat=int(time.time()) + 3600),
        token(nbf=int(time.time()) + 3600),
        token(sub=None),
        token(""),
        token(iat=-1e18),
        token(iat=1e18),
        token("\ud800"),
        jwt.encode(claims(), "", "none"),
        jwt.encode(claims(), SECRET, "HS512"),
        token()[:-4] + "AAAA",
        "a.b.c",
    ],
)
def test_what_the_provider_did_not_say_is_refused(on_sqlite: TestClient, sqlite_url: str, forged: str) -> None:
    before = contents(sqlite_url)
    body = {"movie_id": 1, "rating": 5}
    assert_problem(on_sqlite.post("/rate", json=body, headers=bearer(forged)), 401)
    assert contents(sqlite_url) == before


@pytest.mark.parametrize(
    ("subject", "user"),
    [
        ("ada", "ada"),
        ("auth0.5f7c8ec7-c33c_6c", "auth0.5f7c8ec7-c33c_6c"),
        ("auth0|5f7c8ec7", None),
        ("anon:0123456789abcdef0123456789abcdef", None),
        ("sample:7", None),
        ("ünï", None),
        ("x" * 129, None),
        ("sub-0123456789abcdef0123456789abcdef", None),
    ],
)
def test_a_subject_that_is_no_name_becomes_its_digest(on_sqlite: TestClient, subject: str, user: str | None) -> None:
    expected = user or f"sub-{sha256(subject.encode()).hexdigest()[:32]}"
    assert user_of(subject) == expected
    given = answer(on_sqlite.post("/rate", json={"movie_id": 1, "rating": 5}, headers=bearer(token(subject))), 201)
    assert given["user_id"] == expected


def issued(seconds: float, subject: str = "ada") -> dict[str, str]:
    """The headers of a token that was issued so many seconds ago."""
    return bearer(token(subject, iat=int(time.time() - seconds)))


@pytest.mark.parametrize("end", ["erasing", "signing out", "erasing by a server"])
def test_tokens_from_before_the_end_are_refused_and_later_ones_are_not(
    exposed: TestClient, database_url: str, end: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, other = issued(2), issued(2, "bob")
    for headers in (old, other):
        answer(exposed.post("/rate", json={"movie_id": 1, "rating": 5}, headers=headers), 201)
    if end == "erasing":
        done = exposed.delete("/users/ada", headers=old)
    elif end == "signing out":
        done = exposed.delete("/session", headers=old)
    else:
        done = exposed.delete("/users/ada", headers={"X-API-Key": new_key(database_url, Scope.WRITE)})
    assert done.status_code == 204, done.text
    for headers in (old, issued(0.9)):
        assert_problem(exposed.get("/users/ada/ratings", headers=headers), 401)
        assert_problem(exposed.post("/rate", json={"movie_id": 2, "rating": 5}, headers=headers), 401)
    assert answer(exposed.get("/users/bob/ratings", headers=other))["total"] == 1
    ahead = 2
    if end == "erasing by a server":  # which does not know how far the provider's clock is ahead
        assert_problem(exposed.get("/users/ada/ratings", headers=issued(-ahead)), 401)
        monkeypatch.setattr(identity, "LEEWAY", timedelta(seconds=60))
        ahead = 35
    later = issued(-ahead)
    assert answer(exposed.get("/users/ada/ratings", headers=later))["total"] == (1 if end == "signing out" else 0)


@pytest.mark.parametrize("end", ["/session", "/users/ada"])
def test_a_token_whose_clock_is_ahead_ends_as_well(on_sqlite: TestClient, end: str) -> None:
    ahead = issued(-25)
    answer(on_sqlite.post("/rate", json={"movie_id": 1, "rating": 5}, headers=ahead), 201)
    assert on_sqlite.delete(end, headers=ahead).status_code == 204
    assert_problem(on_sqlite.get("/users/ada/ratings", headers=ahead), 401)


def test_what_has_ended_does_not_depend_on_the_settings(sample_artifacts: Path, sqlite_url: str) -> None:
    old = issued(20)
    with serving(sample_artifacts, sqlite_url, **HS256, **EXPOSED, session_days=365) as client:
        assert client.delete("/session", headers=old).status_code == 204
    for days in (1, 3650):
        with serving(sample_artifacts, sqlite_url, **HS256, **EXPOSED, session_days=days) as client:
            assert_problem(client.get("/users/ada/ratings", headers=old), 401)
            assert answer(client.get("/users/ada/ratings", headers=issued(-2)))["total"] == 0


@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
def test_public_keys_are_fetched_and_replaced(
    sample_artifacts: Path, sqlite_url: str, algorithm: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def new() -> Key:
        if algorithm == "RS256":
            return rsa.generate_private_key(public_exponent=65537, key_size=2048)
        return ec.generate_private_key(ec.SECP256R1())

    other = ec.generate_private_key(ec.SECP256R1()) if algorithm == "RS256" else None
    with providing() as provider:
        provider.keys = {"one": new()} | ({"of another kind": other} if other else {})
        settings = {
            "jwt_algorithm": algorithm,
            "jwt_jwks_url": provider.url,
            "jwt_issuer": ISSUER,
            "jwt_audience": AUDIENCE,
        }
        with serving(sample_artifacts, sqlite_url, **settings, **EXPOSED) as client:

            def status(given: str) -> int:
                return client.get("/users/ada/ratings", headers=bearer(given)).status_code

            assert [status(provider.token("one", algorithm)) for _ in range(5)] == [200] * 5
            assert provider.asked == 1
            # A public key is no secret: who signs with it as if it were one is not believed.
            [public] = [key for key in provider.public()["keys"] if key["kid"] == "one"]
            assert status(signed_with(json.dumps(public).encode(), {"alg": "HS256", "kid": "one"})) == 401
            two = Provider({"two": new()})
            assert [status(two.token("two", algorithm)) for _ in range(5)] == [401] * 5
            assert provider.asked == 1  # made-up keys cause no requests
            monkeypatch.setattr(identity, "PAUSE_SECONDS", 0)
            provider.keys = {"two": two.keys["two"]}
            assert status(two.token("two", algorithm)) == 200
            provider.broken = True
            monkeypatch.setattr(identity, "STALE_SECONDS", 0)
            assert status(two.token("two", algorithm)) == 200  # what is known is used on
            provider.broken, provider.keys = False, {"three": new()}
            assert status(two.token("two", algorithm)) == 401


def test_without_keys_nobody_knows_who_it_is_and_visitors_are_served(sample_artifacts: Path, sqlite_url: str) -> None:
    with providing() as provider:
        provider.broken = True
        provider.keys = {"one": ec.generate_private_key(ec.SECP256R1())}
        settings = {
            "jwt_algorithm": "ES256",
            "jwt_jwks_url": provider.url,
            "jwt_issuer": ISSUER,
            "jwt_audience": AUDIENCE,
        }
        with serving(sample_artifacts, sqlite_url, **settings, **EXPOSED) as client:
            problem = assert_problem(client.get("/recommend", headers=bearer(provider.token("one", "ES256"))), 503)
            assert provider.url not in json.dumps(problem)
            answer(client.get("/recommend", headers=begin(client).headers))


ODD = [
    {"kty": "EC", "kid": ["a list"], "crv": "P-256"},
    {"kty": "EC", "kid": "x", "crv": "P-999", "x": "AA", "y": "AA"},
    {"kty": "EC", "kid": "y"},
    {"kty": 5},
    "no key",
    None,
]


@pytest.fixture
def slow() -> Iterator[Provider]:
    with providing() as provider:
        provider.keys = {"one": ec.generate_private_key(ec.SECP256R1())}
        yield provider


def settings_of(provider: Provider) -> Json:
    pinned = {"jwt_algorithm": "ES256", "jwt_issuer": ISSUER, "jwt_audience": AUDIENCE}
    return {**pinned, "jwt_jwks_url": provider.url, **EXPOSED}


def test_odd_keys_are_left_out_and_the_others_used(sample_artifacts: Path, sqlite_url: str, slow: Provider) -> None:
    key = slow.keys["one"]
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    slow.more = [*ODD, {**jwt.algorithms.ECAlgorithm.to_jwk(key, as_dict=True), "kid": "told"}]
    with serving(sample_artifacts, sqlite_url, **settings_of(slow)) as client:
        assert client.get("/users/ada/ratings", headers=bearer(slow.token("one", "ES256"))).status_code == 200
        told = jwt.encode(claims(), key, "ES256", headers={"kid": "told"})
        assert_problem(client.get("/users/ada/ratings", headers=bearer(told)), 401)


@pytest.mark.parametrize("body", [b"[" * 100_000, b"[]", b"null", b'{"keys": 5}', b'{"keys": []}', b"\xff"])
def test_what_is_no_set_of_keys_is_none(sample_artifacts: Path, sqlite_url: str, slow: Provider, body: bytes) -> None:
    slow.body = body
    with serving(sample_artifacts, sqlite_url, **settings_of(slow)) as client:
        for _ in range(2):
            assert_problem(client.get("/recommend", headers=bearer(slow.token("one", "ES256"))), 503)


def test_who_has_a_known_key_does_not_wait_for_a_slow_provider(
    sample_artifacts: Path, sqlite_url: str, slow: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(sample_artifacts, sqlite_url, **settings_of(slow)) as client:
        headers = bearer(slow.token("one", "ES256"))
        assert client.get("/users/ada/ratings", headers=headers).status_code == 200
        monkeypatch.setattr(identity, "KEYS_SECONDS", 0)
        monkeypatch.setattr(identity, "FETCH_SECONDS", 3600)  # who waits gets the keys, after a minute
        slow.go_on.clear()
        try:
            assert [client.get("/users/ada/ratings", headers=headers).status_code for _ in range(5)] == [200] * 5
            assert slow.answered == 1
            deadline = time.monotonic() + 30
            while slow.asked < 2:  # one request for new keys is under way
                assert time.monotonic() < deadline
                client.get("/health/live")
            assert slow.asked == 2
        finally:
            slow.go_on.set()


def test_a_public_key_is_no_secret(sample_artifacts: Path, sqlite_url: str) -> None:
    public = ec.generate_private_key(ec.SECP256R1()).public_key()
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    for secret in (pem, "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAB"):
        with pytest.raises(ConfigurationError, match="RECSVC_JWT_SECRET"):
            IdentityProvider(settings_for(sample_artifacts, sqlite_url, **{**HS256, "jwt_secret": secret}))


class Asked:
    """The statuses that each kind of caller gets for a list, and for a rating of their own."""

    def __init__(self, client: TestClient, visitor: Visitor | None, key: str) -> None:
        self._client = client
        self.callers: dict[str, dict[str, str]] = {
            "nobody": {},
            "user": bearer(token("ada")),
            "key": {"X-API-Key": key},
            "admin": {"X-Admin-Key": "open sesame, open sesame"},
            "not admin": {"X-Admin-Key": "open sesame, open barley"},
        } | ({} if visitor is None else {"visitor": visitor.headers})

    def statuses(self, path: str) -> dict[str, int]:
        return {name: self._client.get(path, headers=headers).status_code for name, headers in self.callers.items()}


def test_who_is_served_is_a_setting(sample_artifacts: Path, database_url: str) -> None:
    more: Json = {**HS256, **EXPOSED, "admin_key": "open sesame, open sesame"}
    with serving(sample_artifacts, database_url, **more) as client:
        visitor, key = begin(client), new_key(database_url, Scope.READ)
        assert set(Asked(client, visitor, key).statuses("/recommend").values()) == {200}
    with serving(sample_artifacts, database_url, **more, access="visitors") as client:
        asked = Asked(client, visitor, key)
        ok = {"nobody": 200, "visitor": 200, "admin": 200, "not admin": 200}
        assert asked.statuses("/recommend") == {**ok, "user": 401, "key": 403}
        assert asked.statuses("/models")["key"] == 200  # what is about nobody
        admin = {"X-API-Key": new_key(database_url, Scope.ADMIN)}
        assert_problem(client.get("/analytics", headers=admin), 403)
    with serving(sample_artifacts, database_url, **more, access="keys") as client:
        asked = Asked(client, visitor, key)
        refused = {"nobody": 401, "visitor": 401, "not admin": 401}
        for path in ("/recommend", "/movies?q=alien", "/movies/1", "/similar/1", "/models", "/genres"):
            assert asked.statuses(path) == {**refused, "user": 200, "key": 200, "admin": 200}, path
            kept = client.get(path, headers=asked.callers["key"]).headers["cache-control"]
            assert "public" not in kept
        version = answer(client.get("/health/ready"))["model_version"]
        assert client.get(f"/reports/{version}").status_code == 401
        assert client.get(f"/reports/{version}", headers=asked.callers["key"]).status_code == 404  # it has none
        assert set(asked.statuses("/health/live").values()) == {200}
        assert set(asked.statuses("/").values()) == {200}
        assert_problem(client.get("/l/s7Y0mGq8Qn6cGv4V2kq1xA"), 401)  # which shows what somebody made
        assert_problem(client.post("/session"), 401)
        assert_problem(client.post("/session", headers=asked.callers["key"]), 403)
