"""Until when the last link to each artifact works; never the link itself.

One small file a link, named by a digest of the storage URI, so that writers need no lock.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.errors import RecordsUnusable
from jupyter_openeo_artifacts.state.files import state_folder, write_private

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


_KEPT_SECONDS = 30 * 86_400  # no link lives for more than seven days

_TICK_NS = 2_000_000_000

_swept: set[Path] = set()


@dataclass(frozen=True)
class LinkEnd:
    """When a link was signed, and until when it works; both aware."""

    signed_at: datetime
    until: datetime


class LinkEnds:
    """The ends of the links that were made on this machine, by storage URI.

    Parameters
    ----------
    folder
        Where the files lie; `links` in our state folder if not given.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._given = folder

    def note(self, uri: str, signed_at: datetime, until: datetime) -> None:
        """Keep the end of the newest link to `uri`.

        Raises
        ------
        RecordsUnusable
            The disk is full or the folder cannot be written.
        """
        folder = self._folder
        ends = {"signed_at": signed_at.isoformat(), "until": until.isoformat()}
        write_private(folder / _name(uri), json.dumps(ends).encode())
        if folder not in _swept:
            _swept.add(folder)
            _sweep(folder)

    def get(self, uri: str) -> LinkEnd | None:
        """Return the end of the newest link to `uri`, None where none is known."""
        return self.all([uri]).get(uri)

    def all(self, uris: Iterable[str]) -> dict[str, LinkEnd]:
        """Return the known ends, by URI, at the price of one folder listing."""
        try:
            folder = self._folder
            there = set(os.listdir(folder))  # noqa: PTH208  names are enough
        except (RecordsUnusable, OSError):
            return {}  # no list fails because the ends of its links are not known
        found = {}
        for uri in uris:
            name = _name(uri)
            if name in there and (end := _read(folder / name)):
                found[uri] = end
        return found

    def written_at(self) -> int:
        """Return when an end was noted last, in ns of the folder's clock; 0 where none was.

        A little before it while the folder may still change within one tick of that clock.
        """
        try:
            at = self._folder.stat().st_mtime_ns
        except (RecordsUnusable, OSError):
            return 0
        return at if time.time_ns() - at > _TICK_NS else at - _TICK_NS

    def noted_since(self, at: int, uris: Iterable[str]) -> set[str]:
        """Return those of the URIs of whose links an end was noted after `at`."""
        if self.written_at() <= at:
            return set()
        try:
            with os.scandir(self._folder) as entries:
                noted = {each.name for each in entries if each.stat().st_mtime_ns > at}
        except (RecordsUnusable, OSError):  # one went meanwhile
            return set(uris)
        return {uri for uri in uris if _name(uri) in noted}

    @property
    def _folder(self) -> Path:
        if self._given is None:
            return state_folder("links")
        self._given.mkdir(mode=0o700, parents=True, exist_ok=True)
        return self._given


def _name(uri: str) -> str:
    return f"{hashlib.sha256(uri.encode()).hexdigest()[:32]}.json"


def _read(path: Path) -> LinkEnd | None:
    try:
        found = json.loads(path.read_bytes())
        ends = [datetime.fromisoformat(found[name]) for name in ("signed_at", "until")]
    except (OSError, ValueError, RecursionError, TypeError, KeyError):
        return None  # replaced or removed meanwhile, or none of ours
    return LinkEnd(*ends) if all(end.tzinfo for end in ends) else None


def _sweep(folder: Path) -> None:
    """Remove what was written so long ago that every such link has ended."""
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if time.time() - entry.stat().st_mtime > _KEPT_SECONDS:
                os.unlink(entry.path)  # noqa: PTH108  an entry is no Path
