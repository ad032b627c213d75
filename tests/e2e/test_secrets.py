"""Tests that the log contains no secrets at any level."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from tests.e2e.processes import serving


def test_the_debug_log_contains_no_secret(sample_artifacts: Path, tmp_path: Path) -> None:
    path = tmp_path / "recsvc.db"
    settings = {
        "artifacts_dir": sample_artifacts,
        "database_url": f"sqlite:///{path}",
        "admin_key": "open sesame, open sesame",
    }
    with serving(tmp_path, log_level="debug", **settings) as service:
        client = service.client
        token = client.post("/session").json()["token"]
        visitor = {"Authorization": f"Bearer {token}"}
        assert client.post("/rate", json={"movie_id": 1, "rating": 5}, headers=visitor).status_code == 201
        edit_token = client.post("/lists", json={"title": "Mine", "movie_ids": [1]}).json()["edit_token"]
        assert client.get("/analytics", headers={"X-Admin-Key": "open sesame, open sesame"}).status_code == 200
        service.stop()
        log = service.log.read_text()
    with closing(sqlite3.connect(path)) as connection:
        [(key,)] = connection.execute("SELECT value FROM secrets")
    assert len(key) == 32
    assert "serving version" in log
    for secret in (token, token.rpartition(".")[2], edit_token, "open sesame, open sesame", repr(key), key.hex()):
        assert secret not in log
