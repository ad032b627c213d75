"""A real HTTP server that serves one zip file and its checksum, with or without failures."""

from __future__ import annotations

import hashlib
import re
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Answer:
    """The answer to one request for the zip file."""

    content: bytes
    etag: str = '"one"'
    status: int | None = None
    send: int | None = None
    """Send only this number of bytes of the body, although Content-Length is that of the whole body."""
    reset: bool = False
    """Break the connection instead of closing it."""
    ranges: bool = True
    if_range: bool = True
    length: bool = True
    etag_name: str = "ETag"
    range_from: int = 0
    """Send a range that begins this number of bytes later than requested."""


@dataclass
class Site:
    """The server's answers, of which the last is repeated, and the requests that it received."""

    answers: list[Answer]
    checksum: str | None = ""
    url: str = ""
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def zip_requests(self) -> list[dict[str, str]]:
        return [headers for path, headers in self.requests if path.endswith(".zip")]


def md5_line(content: bytes, name: str = "ml-100k.zip") -> str:
    return f"MD5 ({name}) = {hashlib.md5(content).hexdigest()}\n"


class _Handler(BaseHTTPRequestHandler):
    site: Site

    def do_GET(self) -> None:
        self.site.requests.append((self.path, dict(self.headers)))
        if self.path.endswith(".md5"):
            text = self.site.checksum
            body = md5_line(self.site.answers[-1].content) if text == "" else text
            self._plain(404 if body is None else 200, (body or "").encode())
            return
        answer = self.site.answers.pop(0) if len(self.site.answers) > 1 else self.site.answers[0]
        if answer.status is not None:
            self._plain(answer.status, b"busy")
            return
        self._file(answer)

    def _plain(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _file(self, answer: Answer) -> None:
        total = len(answer.content)
        requested = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        same = self.headers.get("If-Range", answer.etag) == answer.etag or not answer.if_range
        start = int(requested[1]) if requested and answer.ranges and same else 0
        if start >= total:
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{total}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_response(206 if start else 200)
        if start:
            start += answer.range_from
            self.send_header("Content-Range", f"bytes {start}-{total - 1}/{total}")
        body = answer.content[start:]
        if answer.etag:
            self.send_header(answer.etag_name, answer.etag)
        if answer.length:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: answer.send])
        self.wfile.flush()
        if answer.reset:
            time.sleep(0.1)  # so that the client can read: a reset discards all data that is not read yet
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  (the name that http.server gives it)
        """Log nothing."""


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore errors: clients that close the connection are part of the tests."""


@contextmanager
def serving(*answers: Answer) -> Iterator[Site]:
    site = Site(list(answers))
    with _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"site": site})) as server:
        site.url = f"http://127.0.0.1:{server.server_address[1]}/datasets/movielens/"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield site
        finally:
            server.shutdown()
            thread.join()
