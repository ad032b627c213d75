"""The key of the TMDB API, added to requests at a point where no log and no error message contains it."""

from __future__ import annotations

from typing import Any
from urllib.request import getproxies, proxy_bypass

import httpx
from pydantic import SecretStr


class KeyTransport(httpx.AsyncBaseTransport):
    """Add the key to each request below the client.

    httpx logs the address of every request and includes it in its errors. The requests of the client never contain the
    key; only the copy that is sent does.
    """

    def __init__(self, key: SecretStr, base_url: str) -> None:
        self._key = key
        self._inner = httpx.AsyncHTTPTransport(proxy=_proxy_for(httpx.URL(base_url)))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a copy with the key: a read access token (v4) as a header, a key (v3) as a parameter."""
        key = self._key.get_secret_value()
        headers, url = request.headers.copy(), request.url
        if key.startswith("eyJ"):
            headers["Authorization"] = f"Bearer {key}"
        else:
            url = url.copy_merge_params({"api_key": key})
        extensions: dict[str, Any] = dict(request.extensions)
        sent = httpx.Request(request.method, url, headers=headers, stream=request.stream, extensions=extensions)
        return await self._inner.handle_async_request(sent)

    async def aclose(self) -> None:
        """Close all connections."""
        await self._inner.aclose()


def _proxy_for(url: httpx.URL) -> str | None:
    """Return the proxy that the environment names; httpx does not look it up for a custom transport."""
    if proxy_bypass(url.host):
        return None
    proxies = getproxies()
    return proxies.get(url.scheme) or proxies.get("all")
