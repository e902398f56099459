"""Names for things that are made once and never change."""

from __future__ import annotations

import hashlib
import os
import secrets
import threading
import time
from datetime import datetime, timezone
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlsplit

_CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"

_TENS = [first + second for first in _CROCKFORD for second in _CROCKFORD]  # of ten bits

_BOOT = Path("/proc/sys/kernel/random/boot_id")

_lock = threading.Lock()


if hasattr(os, "register_at_fork"):  # a thread that holds it is not there in a forked process
    os.register_at_fork(
        before=_lock.acquire, after_in_parent=_lock.release, after_in_child=_lock.release
    )


_last = 0


def new_id() -> str:
    """Return a fresh ULID, 26 lower-case characters that sort by time (https://github.com/ulid/spec).

    Those of one process sort in the order in which they were made, whatever its clock does.
    """
    global _last  # noqa: PLW0603  what they have in common is the process
    number = (time.time_ns() // 1_000_000) << 80 | secrets.randbits(80)
    with _lock:
        if number >> 80 <= _last >> 80:
            number = _last + 1 + secrets.randbits(64)  # a forked process must not come to the same
        _last = number
    return _spelled(number)


def moment_of(made: str) -> datetime:
    """Return when an id of `new_id` was made; to the millisecond, in UTC."""
    number = 0
    for digit in made[:10]:
        number = number << 5 | _CROCKFORD.index(digit)
    return datetime.fromtimestamp(number / 1000, timezone.utc)


@lru_cache(maxsize=16)
def first_id(at: datetime) -> str:
    """Return the lowest ULID of that moment: ids from it on were made since then."""
    return _spelled(int(at.timestamp() * 1000) << 80)


def id_at(at: datetime) -> str:
    """Return a fresh ULID as one of that moment, which sorts among those that were made then."""
    return _spelled(int(at.timestamp() * 1000) << 80 | secrets.randbits(80))


def connection_id(url: str) -> str:
    """Return the 16 hex digits that identify a backend's address, whatever its spelling."""
    parts = urlsplit(url.strip())
    spelled = f"{parts.scheme.lower()}://{parts.netloc.lower()}{parts.path.rstrip('/')}"
    return hashlib.sha256(spelled.encode()).hexdigest()[:16]


def boot_id() -> str:
    """Return an id that changes with each start of the machine; empty where it is unknown."""
    try:
        return _BOOT.read_text("ascii", "replace").strip()
    except OSError:
        return ""


def _spelled(number: int) -> str:
    return "".join([_TENS[number >> shift & 1023] for shift in range(120, -1, -10)])
