"""The configuration of nginx in `deploy/`, in front of a real service."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from tests.e2e.node import ROOT
from tests.e2e.processes import Service, free_port, serving
from tests.requirements import need

CONFIGURATION = (ROOT / "deploy" / "nginx.conf").read_text(encoding="utf-8")
HOST = "movies.example"
NGINX = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin:/opt/homebrew/bin")
MOST = 60


class Proxied(NamedTuple):
    """The service, and the port of the proxy in front of it."""

    service: Service
    port: int

    def client(self) -> httpx.Client:
        headers = {"Host": HOST}
        return httpx.Client(base_url=f"http://127.0.0.1:{self.port}", headers=headers, timeout=20, verify=False)


@pytest.fixture(scope="module")
def proxied(sample_artifacts: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxied]:
    need("nginx", NGINX is not None, "install nginx, e.g. nginx-light")
    assert NGINX is not None
    folder = tmp_path_factory.mktemp("nginx")
    settings = {
        "artifacts_dir": sample_artifacts,
        "database_url": f"sqlite:///{folder / 'recsvc.db'}",
        "allowed_hosts": HOST,
        "trusted_proxies": "127.0.0.1",
        "requests_per_minute": MOST,
    }
    port = free_port()
    with serving(folder, **settings) as service:
        changed = (
            CONFIGURATION.replace("127.0.0.1:8000", f"127.0.0.1:{service.port}")
            .replace("listen 80", f"listen 127.0.0.1:{port}")
            .replace("/run/nginx-recsvc.pid", str(folder / "pid"))
            .replace("client_header_timeout 10s", "client_header_timeout 1s")
        )
        own = "".join(
            f"{name}_temp_path {folder / name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        file = folder / "nginx.conf"
        file.write_text(re.sub(r"http \{\n", f"http {{\n{own}", changed, count=1))
        command = [NGINX, "-e", "stderr", "-p", str(folder), "-c", str(file), "-g", "daemon off;"]
        subprocess.run([*command, "-t"], check=True, capture_output=True, timeout=20)
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            deadline = time.monotonic() + 20
            while True:
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                assert time.monotonic() < deadline, (folder / "log").read_text()
                time.sleep(0.02)
            yield Proxied(service, port)
        finally:
            process.terminate()
            process.wait(timeout=20)


def test_the_service_answers_through_it(proxied: Proxied) -> None:
    with proxied.client() as client:
        begun = client.post("/session").json()
        headers = {"Authorization": f"Bearer {begun['token']}"}
        assert client.post("/rate", json={"movie_id": 1, "rating": 5}, headers=headers).status_code == 201
        assert client.get("/recommend", headers=headers).json()["user_id"] == begun["user_id"]
        assert client.get("/health/live").status_code == 200


def test_another_host_gets_no_answer(proxied: Proxied) -> None:
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        httpx.get(f"http://127.0.0.1:{proxied.port}/", timeout=10)


def test_too_long_heads_and_bodies_do_not_reach_the_service(proxied: Proxied) -> None:
    with proxied.client() as client:
        assert client.post("/rate", content=b" " * (2**21 + 1)).status_code == 413
        assert client.get("/movies", params={"q": "x" * 9000}).status_code == 414
        assert client.get("/movies", headers={"X-Long": "x" * 9000}).status_code == 400


def test_who_sends_no_head_is_shut_out(proxied: Proxied) -> None:
    with socket.create_connection(("127.0.0.1", proxied.port), timeout=20) as idle:
        idle.sendall(b"GET / HTTP/1.1\r\nHost: ")
        with suppress(ConnectionResetError):
            assert not any(iter(lambda: idle.recv(1000), b""))


def test_nobody_names_the_client_but_the_proxy(proxied: Proxied) -> None:
    """All come from one address, whatever they say: the service counts them as one."""
    with proxied.client() as client:
        statuses = [
            client.get("/genres", headers={"X-Forwarded-For": f"192.0.2.{number}"}).status_code
            for number in range(MOST + 20)
        ]
    assert statuses.count(200) <= MOST
    assert statuses[-1] == 429
