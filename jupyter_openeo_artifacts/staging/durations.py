"""Lifetimes as people write them: `90m`, `6h`, `2d`, `1w`, `1h30m`."""

from __future__ import annotations

import re

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
