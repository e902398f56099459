"""Storing under a key of today, where nothing is: providers may let a user write only there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.artifacts.keys import day_of
from jupyter_openeo_artifacts.transfer.exceptions import KeyTaken, StorageDenied

if TYPE_CHECKING:
    from collections.abc import Callable

    from jupyter_openeo_artifacts.transfer.stored import StoredObject


def store_today(new_key: Callable[[], str], store: Callable[[str], StoredObject]) -> StoredObject:
    """Store, and once more from the beginning where the key is none for it.

    So it is when midnight (UTC) has made it one of a past day, or when something is there.

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
    KeyTaken
        Something is at the second key, too.
    """
    key = new_key()
    try:
        return store(key)
    except (StorageDenied, KeyTaken) as refused:
        again = new_key()
        if isinstance(refused, StorageDenied) and day_of(again) == day_of(key):
            raise
    return store(again)
