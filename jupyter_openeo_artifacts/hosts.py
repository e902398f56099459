"""Which hosts are this machine, and which lines are nobody else's."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit


def is_loopback(host: str) -> bool:
    """Tell whether `host` (a name or an IP address, no brackets) is this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_private(url: str) -> bool:
    """Tell whether nobody between us and `url` can change what is sent: TLS, or this machine.

    Not so `http://name.localhost`, which some resolvers take elsewhere. Proxies are not asked for.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    return parts.scheme == "https" or (is_loopback(host) and not host.endswith(".localhost"))
