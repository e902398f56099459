"""A Jupyter extension that ends its server by SIGUSR2, in the way that `ENDER` names."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from typing import Any


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": __name__}]


def _load_jupyter_server_extension(app: Any) -> None:
    ways = {
        "sys.exit": lambda: sys.exit(3),
        "stop_extension": lambda: asyncio.ensure_future(_stop(app)),
    }

    def end(*_: Any) -> None:
        if os.environ["ENDER"] == "an exception of the loop":
            raise RuntimeError("raised while the loop waits")
        loop = app.io_loop.asyncio_loop
        loop.call_soon_threadsafe(ways[os.environ["ENDER"]])

    signal.signal(signal.SIGUSR2, end)


async def _stop(app: Any) -> None:
    """Stop the extensions first, as an application around Jupyter may do, then leave."""
    await app.extension_manager.stop_all_extensions()
    app.io_loop.stop()
