"""Which hosts an address means: this machine, a line of nobody else's, a public one."""

from __future__ import annotations

import ipaddress
import socket
from urllib.parse import urlsplit

_PORTS = {"https": 443, "http": 80}
_IPV4_AT_THE_END = (
    ipaddress.IPv6Network("::/96"),  # compatible, RFC 4291, section 2.5.5.1
    ipaddress.IPv6Network("64:ff9b::/96"),  # NAT64, RFC 6052
    ipaddress.IPv6Network("64:ff9b:1::/48"),  # the same in one network, RFC 8215
)


def is_loopback(host: str) -> bool:
    """Tell whether `host` (a name or an IP address, no brackets) is this machine."""
    host = host.lower().removesuffix(".")
    if host == "localhost" or host.endswith(".localhost"):  # RFC 6761, section 6.3
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_public_address(text: str) -> bool:
    """Tell whether an IP address is one of the public Internet.

    Not so where an IPv4 address inside it (mapped, compatible, 6to4, Teredo, NAT64) is not, for
    whoever translates may take us there.
    """
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    if not address.is_global or address.is_multicast:
        return False
    if isinstance(address, ipaddress.IPv4Address):
        return True
    return not address.is_site_local and all(map(is_public_address, _embedded(address)))


def is_public(url: str) -> bool:
    """Tell whether the host of `url` has public addresses only; blocks while its name is looked up.

    Not so one that is not found: who asks again may find another one.
    """
    try:
        parts = urlsplit(url)
        return bool(public_addresses(parts.hostname or "", parts.port or 443))
    except (OSError, ValueError, NotPublicError):  # ValueError: a port that cannot be
        return False


class NotPublicError(Exception):
    """A host is on this machine or in a private network, or one of its addresses is."""


def public_addresses(host: str, port: int) -> list[str]:
    """Look a host up once; return its addresses, to be connected to as they are.

    Raises
    ------
    NotPublicError
        One of them is not public.
    OSError
        It is not found.
    """
    if not host or is_loopback(host):
        raise NotPublicError(host)
    try:
        entries = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError as error:  # no name at all
        raise socket.gaierror(socket.EAI_NONAME, str(error)) from error
    found = [str(entry[4][0]) for entry in entries]
    if not all(map(is_public_address, found)):
        raise NotPublicError(host)
    return found


def _embedded(address: ipaddress.IPv6Address) -> list[str]:
    """Return the IPv4 addresses that are written inside an IPv6 address."""
    found = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if any(address in network for network in _IPV4_AT_THE_END):
        found.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return [str(one) for one in found if one is not None]


def is_private(url: str) -> bool:
    """Tell whether nobody between us and `url` can change what is sent: TLS, or this machine.

    Not so `http://name.localhost`, which some resolvers take elsewhere. Proxies are not asked for.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    return parts.scheme == "https" or (is_loopback(host) and not host.endswith(".localhost"))


def origin_text(url: str) -> str:
    """Return scheme, host and a port that is not the usual one: who answers at `url`.

    Raises
    ------
    ValueError
        It is no http(s) address.
    """
    parts = urlsplit(url)
    scheme, host, port = parts.scheme.lower(), (parts.hostname or "").lower(), parts.port
    if scheme not in _PORTS or not host:
        raise ValueError("not an http(s) address")
    at = f"[{host}]" if ":" in host else host
    return f"{scheme}://{at}" if port in (None, _PORTS[scheme]) else f"{scheme}://{at}:{port}"
