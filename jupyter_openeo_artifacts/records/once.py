"""What is missing is said once, however often it is missed."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import logging

_MOST = 1000
_said: set[str] = set()
_lock = threading.Lock()


def warn_once(log: logging.Logger, sentence: str, *, of: str = "") -> None:
    """Put a warning into the log, unless this process has done so before.

    `of` names what is missing, where the sentence is another one each time.
    """
    with _lock:
        if (of or sentence) in _said or len(_said) > _MOST:
            return
        _said.add(of or sentence)
    log.warning("%s", sentence)
