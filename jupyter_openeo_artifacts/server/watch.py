"""Noticing what a kernel or the command line staged: they write to the same ledger."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.errors import OpenEOArtifactsError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

_log = logging.getLogger(__name__)

Fingerprint = frozenset[tuple[str, int]]


class LedgerWatch:
    """Compares the ledger folder's listing every second, at the price of one scandir.

    File notifications are not used: home folders of hubs lie on network file systems, where a
    change made by another machine is not notified.

    Parameters
    ----------
    read
        Returns `Ledger.fingerprint()`, read off the loop.
    tell
        Called with the id of the newest record that came or went, and `staged` or `forgotten`.
    """

    def __init__(
        self,
        read: Callable[[], Awaitable[Fingerprint]],
        tell: Callable[[str, str], None],
        *,
        interval: float = 1.0,
    ) -> None:
        self._read = read
        self._tell = tell
        self._interval = interval
        self._seen: Fingerprint | None = None
        self._blind = False

    async def run(self) -> None:
        """Watch until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(self._interval)

    async def look(self) -> None:
        """Compare once."""
        try:
            found = await self._read()
        except (OpenEOArtifactsError, OSError) as error:
            if not self._blind:
                _log.warning("The ledger cannot be watched: %s", type(error).__name__)
            self._blind = True
            return
        self._blind = False
        seen, self._seen = self._seen, found
        if seen is None or seen == found:
            return
        for change, state in ((seen - found, "forgotten"), (found - seen, "staged")):
            if change:
                self._tell(max(name for name, _ in change).removesuffix(".json"), state)
