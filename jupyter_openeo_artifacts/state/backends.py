"""What processes of this machine tell each other of backends: the one used last, and sign-outs.

Of a sign-out it is a random word, no time: clocks of machines that share a home folder differ.
"""

from __future__ import annotations

import json
import secrets
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.errors import OpenEOArtifactsError, RecordsUnusable
from jupyter_openeo_artifacts.state.files import state_folder, write_private
from jupyter_openeo_artifacts.urls import origin_text

if TYPE_CHECKING:
    from collections.abc import Iterable

_SIGN_OUTS = "sign-outs"


def remember_backend(url: str) -> None:
    """Keep `url` as the backend used last."""
    write_private(state_folder() / "last-backend", url.encode())


def forget_backend(*addresses: str) -> None:
    """Forget the backend used last, if it is at the origin of one of the addresses."""
    last = last_backend()
    with suppress(RecordsUnusable, OSError, ValueError):  # it is a convenience
        if last and origin_text(last) in set(map(origin_text, addresses)):
            (state_folder() / "last-backend").unlink(missing_ok=True)


def last_backend() -> str | None:
    """Return the address of the backend used last, None if there was none, or it is not known."""
    try:
        return (state_folder() / "last-backend").read_text("utf-8").strip() or None
    except (RecordsUnusable, OSError, UnicodeDecodeError):
        return None


@dataclass(frozen=True)
class SignOut:
    """The last sign-out at a backend; `account` is empty where the backend has no name for it."""

    word: str = ""
    account: str = ""


def note_sign_out(connections: Iterable[str], account: str) -> None:
    """Tell other processes that `account` has signed out.

    Parameters
    ----------
    connections
        The ids of the backend's connections, by whatever address.

    Raises
    ------
    RecordsUnusable
        The disk is full or the folder cannot be written.
    """
    content = json.dumps({"word": secrets.token_hex(8), "account": account}).encode()
    for each in connections:
        write_private(state_folder(_SIGN_OUTS) / each, content)


def last_sign_out(connection: str) -> SignOut | None:
    """Return the last one, an empty one where there was none; None where it cannot be known."""
    try:
        found = json.loads((state_folder(_SIGN_OUTS) / connection).read_bytes())
        return SignOut(str(found["word"]), str(found["account"]))
    except FileNotFoundError:
        return SignOut()
    except (OpenEOArtifactsError, OSError, ValueError, TypeError, KeyError, RecursionError):
        return None
