"""One frozen settings class, read from the environment (`RECSVC_` prefix) and nothing else."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from difflib import get_close_matches
from functools import cached_property
from ipaddress import IPv4Network, IPv6Network, ip_address
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from recsvc.errors import ConfigurationError

PREFIX = "RECSVC_"
SHORTEST_ADMIN_KEY = 16
REQUESTS_PER_MINUTE = 600
_OF_TESTS = f"{PREFIX}TEST_"
_KUBERNETES_PORT = re.compile(r"(?:tcp|udp|sctp)://", re.IGNORECASE)
_OF_KUBERNETES = re.compile(
    r"(?:\w+_)?(?:SERVICE_(?:HOST|PORT(?:_\w+)?)|PORT_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)"
)
"""What Kubernetes sets for services named `recsvc` and `recsvc-...`, beside `RECSVC_PORT=tcp://...`."""


class Settings(BaseSettings):
    """How this process runs. Every field is an environment variable: `port` is `RECSVC_PORT`."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, env_ignore_empty=True)

    host: str = Field(default="127.0.0.1", description="Address to listen on.")
    port: int = Field(default=8000, ge=1, le=65535, description="Port to listen on.")
    allowed_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        default=("localhost", "127.0.0.1", "[::1]"),
        description="Host names that requests may be addressed to, separated by commas; `*` allows all. "
        "This protects a service on a private address against DNS rebinding.",
    )
    exposed: bool | None = Field(
        default=None,
        description="Whether others than this machine can reach the service, so that naming a user needs an API key. "
        "Unset: whether the host or an allowed host is not a loopback one.",
    )
    requests_per_minute: int | None = Field(
        default=None,
        ge=0,
        description="How many requests a client address may send in a minute, a fifth of them writes "
        "and a thirtieth new sessions or lists; ten times as many with an API key. 0: as many as it likes. "
        "Unset: 600 where the service is exposed.",
    )
    redis_url: SecretStr | None = Field(
        default=None,
        description="Where requests are counted for all processes together: `redis://HOST:PORT/NUMBER` (extra "
        "`redis`). Unset: every process counts for itself.",
    )
    trusted_proxies: Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode] = Field(
        default=(),
        description="Addresses or networks of proxies, separated by commas, whose `X-Forwarded-For` is believed.",
    )
    artifacts_dir: Path = Field(default=Path("artifacts"), description="The model registry directory.")
    data_dir: Path | None = Field(
        default=None, description="Folder that contains one folder per dataset; `--data-dir` overrides it."
    )
    dataset: str = Field(
        default="sample",
        description="The dataset that `recsvc train` reads without `--dataset`, as at the first start: `sample`, or "
        "the name of a folder in the data folder.",
    )
    database_url: str = Field(
        default="sqlite:///data/recsvc.db",
        description="Where feedback is stored: `sqlite:///PATH` or `postgresql://USER:PASSWORD@HOST:PORT/NAME`.",
    )
    database_seconds: float = Field(
        default=2.0, ge=0.1, le=60, description="How long a request may wait for the database, in seconds."
    )
    admin_key: SecretStr | None = Field(
        default=None,
        description="Key, 16 characters or more, for calls that change models or show analytics, sent as "
        "`X-Admin-Key`. Unset: those answer 403.",
    )
    signing_key: Annotated[SecretStr, Field(min_length=32)] | None = Field(
        default=None,
        description="Key, 32 characters or more, that signs session tokens and recommendation ids, the same for all "
        "replicas. Unset: one is made and kept in the database.",
    )
    access: Literal["visitors", "keys", "both"] = Field(
        default="both",
        description="Who is served: `visitors` with session tokens, a backend with API `keys` and users of the "
        "identity provider, or `both`.",
    )
    jwt_secret: Annotated[SecretStr, Field(min_length=32)] | None = Field(
        default=None, description="Key, 32 characters or more, of the identity provider's tokens, with HS256."
    )
    jwt_jwks_url: str | None = Field(
        default=None, description="Where the public keys of the identity provider are, with RS256 and ES256."
    )
    jwt_issuer: str | None = Field(default=None, description="The `iss` of the identity provider's tokens.")
    jwt_audience: str | None = Field(default=None, description="The `aud` that its tokens have for this service.")
    jwt_algorithm: Literal["HS256", "RS256", "ES256"] | None = Field(
        default=None,
        validate_default=True,
        description="How the identity provider signs its tokens, by which its users are known. Unset: there is none.",
    )
    session_days: int = Field(default=365, ge=1, le=3650, description="How long a session token is valid, in days.")
    recommendation_days: int = Field(
        default=30, ge=1, le=3650, description="How long feedback may refer to a recommendation, in days."
    )
    cors_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Origins whose pages may call the service, such as `https://movies.example`, separated by commas; "
        "`*` allows all. Unset: only pages that are served from here.",
    )
    liked_stars: float = Field(default=4.5, ge=0.5, le=5.0, description="The rating that a like counts as.")
    disliked_stars: float = Field(default=1.5, ge=0.5, le=5.0, description="The rating that a dislike counts as.")
    max_body_bytes: int = Field(default=2_097_152, ge=1024, description="Largest request body, in bytes.")
    reload_seconds: float = Field(
        default=2.0, ge=0.01, le=3600, description="How often to look whether another version was promoted, in seconds."
    )
    poster_base_url: str = Field(
        default="https://image.tmdb.org/t/p/w342", description="What a movie's poster path is appended to."
    )
    backdrop_base_url: str = Field(
        default="https://image.tmdb.org/t/p/w780", description="What a movie's backdrop path is appended to."
    )
    tmdb_api_key: SecretStr | None = Field(
        default=None,
        description="Key of the TMDB API for `recsvc data enrich`: an API key (v3) or an API read access token (v4).",
    )
    tmdb_base_url: str = Field(default="https://api.themoviedb.org/3", description="Where the TMDB API answers.")
    embedding_model: str | None = Field(
        default=None,
        description="Name at Hugging Face or folder of a sentence-transformers model, by which training compares the "
        "texts of movies (extra `embeddings`). Unset: by their words alone.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="Least severe log shown."
    )

    @property
    def reachable_by(self) -> tuple[str, ...]:
        """The address and the host names by which others than this machine may reach the service."""
        return tuple(host for host in (self.host, *self.allowed_hosts) if not _is_loopback(host))

    @cached_property
    def is_exposed(self) -> bool:
        """Whether others than this machine can reach the service."""
        return bool(self.reachable_by) if self.exposed is None else self.exposed

    @property
    def most_requests(self) -> int:
        """The number of requests of a client in a minute; 0 without a limit."""
        if self.requests_per_minute is None:
            return REQUESTS_PER_MINUTE if self.is_exposed else 0
        return self.requests_per_minute

    @field_validator("port", mode="before")
    @classmethod
    def _not_of_kubernetes(cls, value: object) -> object:
        # Kubernetes sets RECSVC_PORT to an address for a service named recsvc.
        is_address = isinstance(value, str) and _KUBERNETES_PORT.match(value)
        return cls.model_fields["port"].default if is_address else value

    @field_validator("allowed_hosts", "cors_origins", "trusted_proxies", mode="before")
    @classmethod
    def _split_commas(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("allowed_hosts")
    @classmethod
    def _host_names(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not value:
            raise ValueError("at least one host name is needed, or *")
        for host in value:
            if not re.fullmatch(r"\*|\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+", host):
                raise ValueError(f"{host!r} is not a host name (without a port; IPv6 addresses in brackets)")
        return value

    @field_validator("cors_origins")
    @classmethod
    def _origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for origin in value:
            if not re.fullmatch(r"\*|https?://[A-Za-z0-9.\[\]:_-]+", origin):
                raise ValueError(f"{origin!r} is not an origin, such as https://movies.example (without a path)")
        return value

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, value: str) -> str:
        if not value.startswith(("sqlite:///", "postgresql://")):
            raise ValueError("must start with sqlite:/// or postgresql://")
        return value

    @field_validator("redis_url")
    @classmethod
    def _known_redis(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not value.get_secret_value().startswith(("redis://", "rediss://")):
            raise ValueError("must start with redis:// or rediss://")
        return value

    @field_validator("admin_key")
    @classmethod
    def _not_guessed(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(value.get_secret_value().strip()) < SHORTEST_ADMIN_KEY:
            raise ValueError(f"needs {SHORTEST_ADMIN_KEY} characters or more")
        return value

    @field_validator("jwt_algorithm")
    @classmethod
    def _whole_provider(cls, value: str | None, others: ValidationInfo) -> str | None:
        key, other = ("jwt_secret", "jwt_jwks_url") if value == "HS256" else ("jwt_jwks_url", "jwt_secret")
        needed = {key, "jwt_issuer", "jwt_audience"} if value else set()
        found = {name for name in {other, key, "jwt_issuer", "jwt_audience"} if others.data.get(name) is not None}
        names = [f"{PREFIX}{name.upper()}" for name in sorted(needed ^ found) if name in others.data]
        if names and value:
            raise ValueError(f"{value} takes a key, an issuer and an audience: {' and '.join(names)} cannot be so")
        if names:
            raise ValueError(f"is needed with {' and '.join(names)}")
        return value

    @field_validator("disliked_stars")
    @classmethod
    def _below_a_like(cls, value: float, others: ValidationInfo) -> float:
        if value >= others.data.get("liked_stars", value + 1):
            raise ValueError("must be less than RECSVC_LIKED_STARS")
        return value

    @field_validator("tmdb_api_key")
    @classmethod
    def _fit_for_a_header(cls, value: SecretStr | None) -> SecretStr | None:
        # Whatever cannot be sent would be named, key and all, by what tries to send it.
        key = "" if value is None else value.get_secret_value().strip()
        if not re.fullmatch(r"[A-Za-z0-9._~+/=-]*", key):
            raise ValueError("has characters that no TMDB key has")
        return SecretStr(key) if key else None

    @field_validator("jwt_jwks_url")
    @classmethod
    def _fetched(cls, value: str | None) -> str | None:
        if value is None:
            return None
        try:
            address = urlsplit(value)
            is_address = address.scheme in {"http", "https"} and bool(address.hostname) and address.port != 0
        except ValueError:  # a port or an IPv6 address that cannot be one
            is_address = False
        if not is_address or not re.fullmatch(r"[!-~]+", value):
            raise ValueError("must be http:// or https://, a host and perhaps a port and a path")
        return value

    @field_validator("tmdb_base_url", "poster_base_url", "backdrop_base_url")
    @classmethod
    def _web_address(cls, value: str) -> str:
        # That of posters becomes a part of the page's policy, in which a semicolon would begin another rule.
        if not re.fullmatch(
            r"https?://(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?(?:/[\w.~/-]*)?", value, re.ASCII
        ):
            raise ValueError("must be http:// or https://, a host and perhaps a path")
        return value


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def load_settings() -> Settings:
    """Read the settings from the environment.

    Raises:
        ConfigurationError: a variable cannot be used; the message names it and says why, without its value.
    """
    reasons = _unknown(os.environ)
    try:
        settings = Settings()
    except ValidationError as error:
        reasons += [
            f"{PREFIX}{str(e['loc'][0]).upper()}: {e['msg'].removeprefix('Value error, ')}" for e in error.errors()
        ]
    if reasons:
        raise ConfigurationError(f"bad setting: {'; '.join(reasons)}")
    return settings


def _unknown(names: Iterable[str]) -> list[str]:
    """Return a line for each variable that looks like a setting and is none, such as a misspelt one."""
    known = [field.upper() for field in Settings.model_fields]
    lines = []
    for name in sorted(names):
        field = name.upper().removeprefix(PREFIX)
        if not name.upper().startswith(PREFIX) or name.startswith(_OF_TESTS) or field in known:
            continue
        if _OF_KUBERNETES.fullmatch(field) or (field.endswith("_PORT") and _KUBERNETES_PORT.match(os.environ[name])):
            continue
        [nearest] = get_close_matches(field, known, n=1, cutoff=0.0)
        lines.append(f"{name}: there is no such setting; the nearest is {PREFIX}{nearest}")
    return lines
