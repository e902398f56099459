"""Storing under a key of today, where providers let a user write in today's folder only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.artifacts.keys import day_of
from jupyter_openeo_artifacts.transfer.exceptions import StorageDenied

if TYPE_CHECKING:
    from collections.abc import Callable

    from jupyter_openeo_artifacts.transfer.stored import StoredObject


def store_today(new_key: Callable[[], str], store: Callable[[str], StoredObject]) -> StoredObject:
    """Store, and once more from the beginning where midnight (UTC) has made the key a past one.

    Parameters
    ----------
    new_key
        Makes a key of the day that it is.
    store
        Stores under a key, or leaves nothing there.

    Raises
    ------
    StorageDenied
        It is refused, and the key is of today.
    """
    key = new_key()
    try:
        return store(key)
    except StorageDenied:
        again = new_key()
        if day_of(again) == day_of(key):
            raise
    return store(again)
