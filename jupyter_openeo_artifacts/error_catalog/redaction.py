"""Whether an answer says a secret of its request again."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote_plus

if TYPE_CHECKING:
    from collections.abc import Iterable


_PIECE = 12
"""So many characters of a secret, one after another, are no coincidence."""


_BETWEEN = re.compile(r"[^A-Za-z0-9]+")


def repeats_a_secret(text: str, secrets: Iterable[str]) -> bool:
    """Tell whether `text` has one of `secrets` in it, or a piece of one.

    Also where it is written otherwise: encoded for a URL (once or twice), or with quotes, spaces
    or line breaks in it.
    """
    spellings = {text, once := unquote_plus(text), unquote_plus(once)}
    spellings |= {_bare(spelling) for spelling in spellings}
    for secret in filter(None, secrets):
        for sought in {secret, _bare(secret)} - {""}:
            if any(_share(spelling, sought) for spelling in spellings):
                return True
    return False


def _share(text: str, secret: str) -> bool:
    if len(secret) <= _PIECE:
        return secret in text
    return any(text[at : at + _PIECE] in secret for at in range(len(text) - _PIECE + 1))


def _bare(text: str) -> str:
    return _BETWEEN.sub("", text)
