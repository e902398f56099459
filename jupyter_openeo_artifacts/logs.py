"""Log entries without other people's texts, and warnings given once a process."""

from __future__ import annotations

import os
import threading
import traceback
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import logging


def without_texts(error: BaseException | None) -> str:
    """Return the types and places of an error and of its causes, without their texts."""
    told = []
    while error is not None:
        frames = "".join(traceback.format_tb(error.__traceback__))
        told.append(f"{type(error).__module__}.{type(error).__qualname__}\n{frames}")
        error = error.__cause__ or error.__context__
    return "raised while handling:\n".join(told)


_MOST = 1000
_said: set[str] = set()
_lock = threading.Lock()


if hasattr(os, "register_at_fork"):  # a thread that holds it is not there in a forked process
    os.register_at_fork(
        before=_lock.acquire, after_in_parent=_lock.release, after_in_child=_lock.release
    )


def warn_once(log: logging.Logger, sentence: str, *, of: str = "") -> None:
    """Put a warning into the log, unless this process has done so before.

    `of` names what is missing, where the sentence is another one each time.
    """
    with _lock:
        if (of or sentence) in _said or len(_said) > _MOST:
            return
        _said.add(of or sentence)
    log.warning("%s", sentence)
