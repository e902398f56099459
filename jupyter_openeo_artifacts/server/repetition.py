"""What the server does again and again: no trouble of one turn keeps the next one from coming."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from logging import Logger


async def take_turns(
    turn: Callable[[], Awaitable[bool]], *, what: str, log: Logger, pause: float
) -> None:
    """Run `turn` until it says that it is over, or this is cancelled.

    Parameters
    ----------
    turn
        Returns whether that was the last one.
    what
        What fails, for the log. It is said once, until a turn has gone well again, and without the
        error's text, which may hold anything.
    pause
        Seconds between two turns.
    """
    failed = False
    while True:
        try:
            if await turn():
                return
            failed = False
        except Exception as error:  # noqa: BLE001  whatever it is
            if not failed:
                log.warning("%s, and will be tried again: %s", what, type(error).__name__)
            failed = True
        await asyncio.sleep(pause)
