"""Noticing what a kernel or the command line staged: they write to the same ledger."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.server.repetition import take_turns

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from jupyter_openeo_artifacts.state.ledger_index import LedgerState


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

    async def run(self) -> None:
        """Watch until cancelled."""
        what = "The ledger could not be watched"
        await take_turns(self._turn, what=what, log=_log, pause=self._interval)

    async def look(self) -> None:
        """Compare once; what could not be told is told at the next look."""
        found = await self._read()
        seen = self._seen
        if seen is not None and seen != found:
            self._compare(seen, found)
        self._seen = found

    async def _turn(self) -> bool:
        await self.look()
        return False

    def _compare(self, seen: LedgerState, found: LedgerState) -> None:
        if found.removed is not None and found.removed != seen.removed:
            self._tell(found.removed, "forgotten")
        if found.added is not None and (found.added != seen.added or found.removed == seen.removed):
            self._tell(found.added, "staged")
