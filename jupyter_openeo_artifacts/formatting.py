"""Sizes, durations and times as texts; text that others wrote, fit to be shown."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import datetime

_UNSEEN = {"Cc", "Cf", "Zl", "Zp"}
_LAYOUT = {"\n", "\t"}


def visible(text: str) -> str:
    r"""Return `text` with its control and format characters as escapes, such as \u202e.

    Those of bidirectional text (https://www.unicode.org/reports/tr9/) are among them: they make
    `a\u202egpj.exe` look like a picture. Line breaks and tabs stay.
    """
    if text.isprintable():
        return text
    return "".join(map(_shown, text))


def _shown(letter: str) -> str:
    if letter in _LAYOUT or unicodedata.category(letter) not in _UNSEEN:
        return letter
    code = ord(letter)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"  # noqa: PLR2004


_THOUSAND = 1_000


def size_text(size: float) -> str:
    """Return bytes in decimal units (IEC 80000-13), as file browsers show them: `1.3 GB`."""
    amount, units = float(size), ["bytes", "kB", "MB", "GB", "TB"]
    while round(amount, 1) >= _THOUSAND and len(units) > 1:
        amount /= _THOUSAND
        units.pop(0)
    whole = units[0] == "bytes" or round(amount, 1) >= 10  # noqa: PLR2004  two digits say enough
    return f"{amount:.0f} {units[0]}" if whole else f"{amount:.1f} {units[0]}"


def seconds_text(seconds: float) -> str:
    """Return a duration in its two largest units: `40 s`, `3 min 20 s`, `2 h 5 min`."""
    whole = max(0, round(seconds))
    if whole < 60:  # noqa: PLR2004
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:  # noqa: PLR2004
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


def moment_text(moment: datetime, *, seconds: bool = False) -> str:
    """Return date and time of day where the reader is, to the minute or second."""
    return moment.astimezone().strftime("%Y-%m-%d %H:%M:%S" if seconds else "%Y-%m-%d %H:%M")


_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_PIECE = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)([smhdw])", re.ASCII)


def seconds_of(text: str) -> int:
    """Return how many seconds `text` stands for, at least one.

    Parameters
    ----------
    text
        Numbers, each with its unit: s, m (minutes), h, d or w. A bare number could be anything,
        so it is not taken.

    Raises
    ------
    ValueError
        It is not of this form, or nothing is left of it.
    """
    compact = text.replace(" ", "").lower()
    pieces = _PIECE.findall(compact)
    whole = "".join(number + unit for number, unit in pieces)
    total = round(sum(float(number) * _SECONDS[unit] for number, unit in pieces))
    if whole != compact or total < 1:
        raise ValueError(f"{text!r} is not a lifetime; write for example 90m, 6h, 2d or 1w")
    return total


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
