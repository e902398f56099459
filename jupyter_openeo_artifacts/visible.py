"""Text that others wrote, with control and bidirectional characters escaped before it is shown."""

from __future__ import annotations

import unicodedata

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
