"""Noticing what a kernel or the command line staged: they write to the same ledger."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.errors import OpenEOArtifactsError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from jupyter_openeo_artifacts.records.ledger_index import LedgerState

_log = logging.getLogger(__name__)


class LedgerWatch:
    """Asks the ledger every second whether it has changed, at the price of one stat.

    File notifications are not used: home folders of hubs lie on network file systems, where a
    change made by another machine is not notified.

    Parameters
    ----------
    read
        Returns `Ledger.state()`, read off the loop.
    tell
        Called with the id of the newest record that came or went, and `staged` or `forgotten`.
    """

    def __init__(
        self,
        read: Callable[[], Awaitable[LedgerState]],
        tell: Callable[[str, str], None],
        *,
        interval: float = 1.0,
    ) -> None:
        self._read = read
        self._tell = tell
        self._interval = interval
        self._seen: LedgerState | None = None
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
        if found.removed is not None and found.removed != seen.removed:
            self._tell(found.removed, "forgotten")
        if found.added is not None and (found.added != seen.added or found.removed == seen.removed):
            self._tell(found.added, "staged")
