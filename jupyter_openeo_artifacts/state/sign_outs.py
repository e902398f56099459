"""That somebody has signed out, told to the other processes of this machine.

A random word a backend, no time: clocks of machines that share a home folder differ.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.errors import OpenEOArtifactsError
from jupyter_openeo_artifacts.state.files import state_folder, write_private

if TYPE_CHECKING:
    from collections.abc import Iterable

_FOLDER = "sign-outs"


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
        write_private(state_folder(_FOLDER) / each, content)


def last_sign_out(connection: str) -> SignOut | None:
    """Return the last one, an empty one where there was none; None where it cannot be known."""
    try:
        found = json.loads((state_folder(_FOLDER) / connection).read_bytes())
        return SignOut(str(found["word"]), str(found["account"]))
    except FileNotFoundError:
        return SignOut()
    except (OpenEOArtifactsError, OSError, ValueError, TypeError, KeyError, RecursionError):
        return None
