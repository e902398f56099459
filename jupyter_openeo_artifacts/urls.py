"""Addresses: hosts, origins, and which of them may be followed with a secret."""

from __future__ import annotations

import ipaddress
import re
import socket
from contextlib import suppress
from functools import lru_cache
from urllib.parse import SplitResult, quote, unquote, urlsplit

from jupyter_openeo_artifacts.errors import BackendAddressInvalid

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


MAX_LENGTH = 2048
_WELL_KNOWN = "/.well-known/openeo"
_DEFAULT_PORTS = {"https": 443, "http": 80}
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:(?![0-9])")
_STEP = re.compile(r"/|%2f|%5c", re.IGNORECASE)  # some servers take all three for the same
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_EXAMPLE = "Give the address of an openEO backend, such as openeo.dataspace.copernicus.eu."


def normalise(text: str, *, allow_insecure: bool = False) -> str:
    """Return the one spelling of the address that a person typed.

    `https://` is put before a bare host; host and scheme become lower-case, an international host
    name becomes ASCII (so that a look-alike shows), the scheme's own port, trailing slashes and a
    pasted `/.well-known/openeo` go.

    Parameters
    ----------
    allow_insecure
        Accept `http://` for every host, not only for this machine.

    Raises
    ------
    BackendAddressInvalid
        It cannot be a backend's address; the text says why.
    """
    text = text.strip()
    if not text:
        raise BackendAddressInvalid("The backend's address is empty.", todo=_EXAMPLE)
    if len(text) > MAX_LENGTH:
        raise _invalid(f"is longer than {MAX_LENGTH} characters")
    if "\\" in text or not text.isprintable() or any(char.isspace() for char in text):
        raise _invalid("has a space, a line break, a backslash or an invisible character in it")
    if "://" not in text:
        if _SCHEME.match(text):
            raise _invalid("is not a web address")
        text = f"https://{text}"
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise _invalid("has a host or port that cannot be") from error
    scheme = parts.scheme.lower()
    _refuse_extras(scheme, parts, text)
    host = _host(parts)
    if scheme == "http" and not (allow_insecure or is_loopback(host)):
        raise BackendAddressInvalid(
            "The address starts with http://, so tokens would travel unencrypted.",
            todo="Write https:// instead; http:// is for a backend on this machine only.",
        )
    at = f"[{host}]" if ":" in host else host
    if port is not None and port != _DEFAULT_PORTS[scheme]:
        at = f"{at}:{port}"
    return f"{scheme}://{at}{_path(parts.path)}"


def may_lead(source: str, target: str) -> bool:
    """Tell whether what `source` says about `target` may be followed with a secret in hand.

    Always to https; to http only within this machine, or where `source` itself is an http address
    on another one (which `normalise` accepts only where insecure addresses are allowed). Never to
    what is no address: too long, or with a space, a line break or half a character in it.
    """
    if len(target) > MAX_LENGTH or not target.isprintable() or set(target) & {" ", "\\"}:
        return False
    try:
        here, there = urlsplit(source), urlsplit(target)
        there.port  # noqa: B018  # raises for a port that cannot be
    except ValueError:
        return False
    if not there.hostname or "@" in there.netloc:
        return False
    if there.scheme == "https":
        return True
    if is_loopback(here.hostname or ""):
        return there.scheme == "http" and is_loopback(there.hostname)
    return here.scheme == there.scheme == "http"


def origin(url: str) -> tuple[str, str, int | None]:
    """Return scheme, host and port of `url`: what two URLs share that one server answers.

    Raises
    ------
    ValueError
        The URL has no sensible port.
    """
    parts = urlsplit(url)
    scheme = parts.scheme.lower()
    return scheme, (parts.hostname or "").lower(), parts.port or _DEFAULT_PORTS.get(scheme)


def plain_origin(url: str) -> str:
    """Return scheme, host and port of `url` in their one spelling, in ASCII.

    Raises
    ------
    BackendAddressInvalid
        It has no host that can be: not of letters, digits and hyphens, and no IP address.
    """
    try:
        return normalise(origin_text(url), allow_insecure=True)
    except (BackendAddressInvalid, ValueError) as error:
        raise BackendAddressInvalid(
            "An address of the backend or its storage has no host that can be.",
            todo="Check the address, or ask the provider of the backend.",
        ) from error


@lru_cache(maxsize=64)
def host_of(url: str) -> str:
    """Return the host (with a port that is not the usual one), as it is shown to people.

    Always in visible ASCII, without a name or password: whoever wrote the address writes no more
    than a host into what is shown.
    """
    host = urlsplit(url).netloc.rpartition("@")[2]
    if not host.isascii():
        with suppress(BackendAddressInvalid):
            return urlsplit(plain_origin(url)).netloc
    return quote(host, safe="[]:", errors="replace")


def _refuse_extras(scheme: str, parts: SplitResult, text: str) -> None:
    if scheme not in _DEFAULT_PORTS:
        raise _invalid("is not a web address")
    if "@" in parts.netloc:
        # Not repeated in the message: it may be a password.
        raise _invalid("has a user name or password in it")
    if "?" in text or "#" in text:
        raise _invalid("has a ? or # in it")
    if parts.netloc.endswith(":"):
        raise _invalid("has a host or port that cannot be")
    if parts.port == 0:
        raise _invalid("has a host or port that cannot be")


def _host(parts: SplitResult) -> str:
    host = (parts.hostname or "").removesuffix(".")
    if ":" in host:
        try:
            return str(ipaddress.IPv6Address(host if "%" not in host else ""))
        except ValueError as error:
            raise _invalid("has a host or port that cannot be") from error
    if not host.isascii():
        # The encoding that requests itself uses, so that we check the host it will ask.
        import idna

        try:
            host = idna.encode(host, uts46=True).decode("ascii")
        except idna.IDNAError as error:
            raise _invalid("has a host name that cannot be") from error
    labels = host.split(".")
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):  # noqa: PLR2004  # RFC 1035
        raise _invalid("has a host name that cannot be")
    if _NUMBER.fullmatch(labels[-1]):
        # "127.1" and "0x7f000001" are addresses to some resolvers, names to others.
        try:
            return str(ipaddress.IPv4Address(host))
        except ValueError as error:
            raise _invalid("has a host name that cannot be") from error
    return host


def _path(path: str) -> str:
    path = path.rstrip("/").removesuffix(_WELL_KNOWN).rstrip("/")
    if any(unquote(step).partition(";")[0] in (".", "..") for step in _STEP.split(path)):
        raise _invalid("has a . or .. step in its path")
    return quote(path, safe="/%:@!$&'()*+,;=~-._")


def _invalid(why: str) -> BackendAddressInvalid:
    return BackendAddressInvalid(f"This address {why}.", todo=_EXAMPLE)
