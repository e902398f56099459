"""Values of a JSON document that somebody else wrote: of the right type and length, or None."""

from __future__ import annotations

import re
from typing import Any

MANY = 100
"""No list of a backend's or provider's document is read any further."""


_VISIBLE = re.compile(r"[\x20-\x7e]+")


def text(value: Any, longest: int = 200, pattern: re.Pattern[str] = _VISIBLE) -> str | None:
    """Return a text that `pattern` matches as a whole; of ASCII's visible characters if none."""
    usable = isinstance(value, str) and 0 < len(value) <= longest and pattern.fullmatch(value)
    return value if usable else None


def texts(value: Any, longest: int = 200, pattern: re.Pattern[str] = _VISIBLE) -> tuple[str, ...]:
    """Return the usable texts of a list; none where it is no list."""
    found = (text(each, longest, pattern) for each in members(value))
    return tuple(each for each in found if each is not None)


def members(value: Any) -> list[Any]:
    """Return the first members of a list; none where it is no list."""
    return value[:MANY] if isinstance(value, list) else []


def objects(value: Any) -> list[dict[str, Any]]:
    """Return the objects in a list; none where it is no list."""
    return [each for each in members(value) if isinstance(each, dict)]
