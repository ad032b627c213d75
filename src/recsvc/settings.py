"""One frozen settings class, read from the environment (`RECSVC_` prefix) and nothing else."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from recsvc.errors import ConfigurationError


class Settings(BaseSettings):
    """How this process runs. Every field is an environment variable: `port` is `RECSVC_PORT`."""

    model_config = SettingsConfigDict(env_prefix="RECSVC_", frozen=True, env_ignore_empty=True)

    host: str = Field(default="127.0.0.1", description="Address to listen on.")
    port: int = Field(default=8000, ge=1, le=65535, description="Port to listen on.")
    allowed_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        default=("localhost", "127.0.0.1", "[::1]"),
        description="Host names that requests may be addressed to, separated by commas; `*` allows all. "
        "This protects a service on a private address against DNS rebinding.",
    )
    artifacts_dir: Path = Field(default=Path("artifacts"), description="The model registry directory.")
    data_dir: Path | None = Field(
        default=None, description="Folder that holds one folder a dataset; `--data-dir` overrides it."
    )
    database_url: str = Field(
        default="sqlite:///data/recsvc.db",
        description="Where feedback is stored: `sqlite:///PATH` or `postgresql://USER:PASSWORD@HOST:PORT/NAME`.",
    )
    admin_key: SecretStr | None = Field(
        default=None,
        description="Key for calls that change models, sent as `X-Admin-Key`. Unset: those calls answer 403.",
    )
    liked_stars: float = Field(default=4.5, ge=0.5, le=5.0, description="The rating that a like counts as.")
    disliked_stars: float = Field(default=1.5, ge=0.5, le=5.0, description="The rating that a dislike counts as.")
    max_body_bytes: int = Field(default=1_048_576, ge=1024, description="Largest request body, in bytes.")
    reload_seconds: float = Field(
        default=2.0, ge=0.01, le=3600, description="How often to look whether another version was promoted, in seconds."
    )
    poster_base_url: str = Field(
        default="https://image.tmdb.org/t/p/w342", description="What a film's poster path is appended to."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="Least severe log shown."
    )

    @field_validator("allowed_hosts", mode="before")
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

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, value: str) -> str:
        if not value.startswith(("sqlite:///", "postgresql://")):
            raise ValueError("must start with sqlite:/// or postgresql://")
        return value


def load_settings() -> Settings:
    """Read the settings from the environment.

    Raises:
        ConfigurationError: a variable cannot be used; the message names it and says why, without its value.
    """
    try:
        return Settings()
    except ValidationError as error:
        reasons = "; ".join(
            f"RECSVC_{str(e['loc'][0]).upper()}: {e['msg'].removeprefix('Value error, ')}" for e in error.errors()
        )
        raise ConfigurationError(f"bad setting: {reasons}") from None
