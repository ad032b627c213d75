from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from recsvc.errors import ConfigurationError
from recsvc.settings import Settings, load_settings


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("RECSVC_"):
            monkeypatch.delenv(name)


def test_every_setting_is_described() -> None:
    for name, field in Settings.model_fields.items():
        assert field.description, name
        assert field.description.endswith("."), name
        assert not field.is_required(), name


def test_the_defaults() -> None:
    settings = load_settings()
    assert (settings.host, settings.port) == ("127.0.0.1", 8000)
    assert settings.allowed_hosts == ("localhost", "127.0.0.1", "[::1]")
    assert (settings.artifacts_dir, settings.data_dir) == (Path("artifacts"), None)
    assert settings.database_url == "sqlite:///data/recsvc.db"
    assert settings.admin_key is None
    assert settings.signing_key is None
    assert (settings.session_days, settings.recommendation_days) == (365, 30)
    assert settings.cors_origins == ()
    assert (settings.liked_stars, settings.disliked_stars) == (4.5, 1.5)
    assert settings.max_body_bytes == 2**21
    assert settings.reload_seconds == 2


def test_the_environment_and_nothing_else(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("RECSVC_PORT=1")
    monkeypatch.chdir(tmp_path)
    assert load_settings().port == 8000
    monkeypatch.setenv("RECSVC_PORT", "9000")
    monkeypatch.setenv("RECSVC_ALLOWED_HOSTS", " movies.example , *,")
    monkeypatch.setenv("RECSVC_ADMIN_KEY", "")
    monkeypatch.setenv("RECSVC_SIGNING_KEY", "")
    monkeypatch.setenv("RECSVC_CORS_ORIGINS", " https://movies.example, http://[::1]:3000,,")
    settings = load_settings()
    assert settings.port == 9000
    assert settings.allowed_hosts == ("movies.example", "*")
    assert settings.admin_key is None
    assert settings.signing_key is None
    assert settings.cors_origins == ("https://movies.example", "http://[::1]:3000")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("PORT", value) for value in ("0", "65536", "x", "80.5", "-1")),
        *(("LIKED_STARS", value) for value in ("0", "5.5", "nan", "x")),
        *(("RELOAD_SECONDS", value) for value in ("0", "-1", "nan", "3601", "inf")),
        *(("MAX_BODY_BYTES", value) for value in ("0", "1023", "x")),
        *(("DATABASE_URL", value) for value in ("x", "postgres://x", "sqlite:relative", "http://x")),
        *(("SIGNING_KEY", value) for value in ("x", "x" * 31)),
        *(("SESSION_DAYS", value) for value in ("0", "-1", "3651", "x", "1.5")),
        *(("RECOMMENDATION_DAYS", value) for value in ("0", "3651", "nan")),
        *(("CORS_ORIGINS", value) for value in ("movies.example", "https://", "https://movies.example/", "null")),
        *(
            ("CORS_ORIGINS", value)
            for value in ("https://a.example,b", "https://*.movies.example", "https://a.example?x")
        ),
        *(("ADMIN_KEY", value) for value in (" ", "x" * 15, f"{'x' * 15} ", " " * 20)),
        *(
            (f"{kind}_BASE_URL", value)
            for kind in ("POSTER", "BACKDROP", "TMDB")
            for value in ("https://a.example; script-src *", "https://a.example, b", "//a.example", "javascript:1", "x")
        ),
        ("LOG_LEVEL", "loud"),
    ],
)
def test_a_bad_setting_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"RECSVC_{name}", value)
    with pytest.raises(ConfigurationError, match=f"^bad setting: RECSVC_{name}: ") as caught:
        load_settings()
    assert "\n" not in str(caught.value)


def test_all_bad_settings_are_named_without_their_values(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECSVC_PORT", "nine")
    monkeypatch.setenv("RECSVC_DATABASE_URL", "mysql://ada:swordfish@localhost/x")
    monkeypatch.setenv("RECSVC_SIGNING_KEY", "short swordfish")
    with pytest.raises(ConfigurationError) as caught:
        load_settings()
    assert "RECSVC_PORT" in str(caught.value)
    assert "RECSVC_DATABASE_URL" in str(caught.value)
    assert "RECSVC_SIGNING_KEY" in str(caught.value)
    assert "swordfish" not in str(caught.value)


@pytest.mark.parametrize("name", ["port", "admin_key", "signing_key"])
def test_settings_do_not_change(name: str) -> None:
    settings: Any = load_settings()
    with pytest.raises(ValidationError):
        setattr(settings, name, "1")


def test_a_signing_key_of_32_characters_is_kept_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECSVC_SIGNING_KEY", "swordfish" * 3 + "12345")
    settings = load_settings()
    assert settings.signing_key is not None
    assert settings.signing_key.get_secret_value() == "swordfish" * 3 + "12345"
    assert "swordfish" not in f"{settings!r}{settings}{settings.model_dump_json()}"


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("RECSVC_ADMINKEY", "RECSVC_ADMIN_KEY"),
        ("RECSVC_ALLOWED_HOST", "RECSVC_ALLOWED_HOSTS"),
        ("recsvc_reload_second", "RECSVC_RELOAD_SECONDS"),
    ],
)
def test_a_setting_that_there_is_not(monkeypatch: pytest.MonkeyPatch, name: str, nearest: str) -> None:
    monkeypatch.setenv(name, "swordfish")
    monkeypatch.setenv("RECSVC_PORT", "nine")
    with pytest.raises(ConfigurationError, match=f"^bad setting: {name}: .* {nearest}; RECSVC_PORT: ") as caught:
        load_settings()
    assert "swordfish" not in str(caught.value)


def test_what_kubernetes_and_the_tests_set_is_no_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    of_service = {
        "SERVICE_HOST": "10.0.0.1",
        "SERVICE_PORT": "8000",
        "SERVICE_PORT_HTTP": "8000",
        "PORT": "tcp://10.0.0.1:8000",
        "PORT_8000_TCP": "tcp://10.0.0.1:8000",
        "PORT_8000_TCP_PROTO": "tcp",
        "PORT_8000_TCP_PORT": "8000",
        "PORT_8000_TCP_ADDR": "10.0.0.1",
    }
    for service in ("RECSVC", "RECSVC_REDIS"):
        for name, value in of_service.items():
            monkeypatch.setenv(f"{service}_{name}", value)
    monkeypatch.setenv("RECSVC_TEST_REQUIRE", "postgres")
    assert load_settings().port == 8000


@pytest.mark.parametrize(("liked", "disliked"), [("1", "5"), ("3", "3"), ("1", None), (None, "5")])
def test_a_like_is_more_than_a_dislike(
    monkeypatch: pytest.MonkeyPatch, liked: str | None, disliked: str | None
) -> None:
    for name, value in (("LIKED", liked), ("DISLIKED", disliked)):
        if value is not None:
            monkeypatch.setenv(f"RECSVC_{name}_STARS", value)
    with pytest.raises(ConfigurationError, match=r"^bad setting: RECSVC_DISLIKED_STARS: must be less than"):
        load_settings()


def test_an_admin_key_of_16_characters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECSVC_ADMIN_KEY", "0123456789abcdef")
    key = load_settings().admin_key
    assert key is not None
    assert key.get_secret_value() == "0123456789abcdef"
