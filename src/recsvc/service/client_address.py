"""The address of a client, and the one it asked at: those of the connection, or what a trusted proxy says."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import TypeAlias

from starlette.types import Scope

Network: TypeAlias = IPv4Network | IPv6Network
_PREFIX_OF_A_CLIENT = 64
"""Of IPv6, a client has this network and all addresses in it (RFC 6177)."""


def origin_of(scope: Scope, trusted: Sequence[Network]) -> str:
    """Return the scheme and host that a client asked at; a proxy that is trusted says in `X-Forwarded-Proto` which.

    The host is as it was sent, and may be any text where all hosts are allowed.
    """
    headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
    forwarded = headers.get(b"x-forwarded-proto")
    is_told = forwarded in ("http", "https") and is_in(_peer(scope), trusted)
    return f"{forwarded if is_told else scope['scheme']}://{headers.get(b'host', '')}"


def client_of(scope: Scope, trusted: Sequence[Network]) -> str:
    """Return the address of the client as text, for IPv6 its /64 network; "" if the connection has none.

    `X-Forwarded-For` is read from the right for as long as the address before it is that of a trusted proxy; what
    stands further left was sent by whoever is not, and may say anything.
    """
    address = _peer(scope)
    forwarded = [
        part.strip()
        for name, value in scope["headers"]
        if name == b"x-forwarded-for"
        for part in value.decode("latin-1").split(",")
    ]
    while forwarded and is_in(address, trusted):
        address = forwarded.pop()
    return network_of(address)


def is_in(address: str, networks: Sequence[Network]) -> bool:
    """Tell whether an address is in one of the networks."""
    parsed = _parsed(address)
    return parsed is not None and any(parsed in network for network in networks)


def network_of(address: str) -> str:
    """Return what a client has of addresses: an IPv4 address, or a /64 network of IPv6."""
    parsed = _parsed(address)
    if parsed is None:
        return address[:64]  # a forwarded text that is no address is one client, whatever it is
    if isinstance(parsed, IPv4Address):
        return str(parsed)
    return str(IPv6Network((int(parsed), _PREFIX_OF_A_CLIENT), strict=False))


def _parsed(address: str) -> IPv4Address | IPv6Address | None:
    """Return an address, that of IPv4 also where a socket of IPv6 tells it; None for what is none."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return None
    mapped = parsed.ipv4_mapped if isinstance(parsed, IPv6Address) else None
    return mapped or parsed


def _peer(scope: Scope) -> str:
    peer = scope.get("client")
    return "" if peer is None else str(peer[0])
