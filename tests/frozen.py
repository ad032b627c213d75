"""A server that stops answering and goes on later, as on a frozen machine: a proxy in front of the real one."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit


class Proxy:
    """Passes bytes on in both directions; while it is frozen it takes connections and bytes, and passes nothing on."""

    def __init__(self, host: str, port: int) -> None:
        self._server = (host, port)
        self._going_on = threading.Event()
        self._going_on.set()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self._open = [self._listening]
        threading.Thread(target=self._accept, daemon=True).start()

    def freeze(self) -> None:
        self._going_on.clear()

    def go_on(self) -> None:
        self._going_on.set()

    def close(self) -> None:
        self.go_on()
        for one in self._open:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listening.accept()
                far = socket.create_connection(self._server)
                self._open += [near, far]
                for source, target in ((near, far), (far, near)):
                    threading.Thread(target=self._pass_on, args=(source, target), daemon=True).start()

    def _pass_on(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while content := source.recv(65_536):
                self._going_on.wait()
                target.sendall(content)
            target.shutdown(socket.SHUT_WR)


@contextmanager
def behind_a_proxy(url: str) -> Iterator[tuple[str, Proxy]]:
    """The URL of the same database through a proxy, and the proxy."""
    parts = urlsplit(url)
    proxy = Proxy(parts.hostname or "127.0.0.1", parts.port or 5432)
    try:
        yield parts._replace(netloc=f"{parts.netloc.rpartition('@')[0]}@127.0.0.1:{proxy.port}").geturl(), proxy
    finally:
        proxy.close()
