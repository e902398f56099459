"""Every lock that our code makes, so that a test can hold all of them."""

from __future__ import annotations

import inspect
import threading
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@contextmanager
def locks_made(make: Callable[[], Any] = threading.Lock) -> Iterator[list[Any]]:
    """Yield a list to which each lock that our code makes meanwhile is added.

    Parameters
    ----------
    make
        What our code gets in place of `threading.Lock()`.
    """
    made: list[Any] = []

    def noting(kind: Callable[[], Any], ours: Callable[[], Any]) -> Callable[[], Any]:
        def lock() -> Any:
            here = inspect.currentframe()
            maker = here.f_back.f_globals["__name__"] if here and here.f_back else ""
            if not maker.startswith("jupyter_openeo_artifacts"):
                return kind()
            made.append(ours())
            return made[-1]

        return lock

    with (
        patch.object(threading, "Lock", noting(threading.Lock, make)),
        patch.object(threading, "RLock", noting(threading.RLock, threading.RLock)),
    ):
        yield made


def holding(locks: list[Any]) -> Callable[[threading.Event, threading.Event], None]:
    """Return what holds all of them, from when it tells so until it is told to let go."""

    def hold(begun: threading.Event, gate: threading.Event) -> None:
        with ExitStack() as stack:
            for each in locks:
                stack.enter_context(each)
            begun.set()
            gate.wait(60)

    return hold
