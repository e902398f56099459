"""Where an unexpected error came from, fit for a log: texts of others may hold secrets."""

from __future__ import annotations

import traceback


def without_texts(error: BaseException | None) -> str:
    """Return the types and places of an error and of its causes, without their texts."""
    told = []
    while error is not None:
        frames = "".join(traceback.format_tb(error.__traceback__))
        told.append(f"{type(error).__module__}.{type(error).__qualname__}\n{frames}")
        error = error.__cause__ or error.__context__
    return "raised while handling:\n".join(told)
