"""One file's way under a key, with its journal: gone on with, or begun."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jupyter_openeo_artifacts.artifacts.keys import artifact_key
from jupyter_openeo_artifacts.artifacts.todays_key import store_today

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from jupyter_openeo_artifacts.artifacts.clock import ServerClock
    from jupyter_openeo_artifacts.artifacts.journals import Journals
    from jupyter_openeo_artifacts.artifacts.reuse import Wanted
    from jupyter_openeo_artifacts.transfer.journal import Journal
    from jupyter_openeo_artifacts.transfer.stored import StoredObject


class Storing:
    """Stores what is wanted under the key of an interrupted upload of it, else under a new one.

    Parameters
    ----------
    about
        What the journal is to say about it; holds no secret.
    """

    def __init__(
        self, journals: Journals, wanted: Wanted, clock: ServerClock, about: Mapping[str, Any]
    ) -> None:
        self._journals = journals
        self._wanted = wanted
        self._clock = clock
        self._about = about
        self._journal = journals.interrupted(
            wanted.subject, wanted.name, wanted.content_type, wanted.source
        )
        self.resumed = self._journal is not None
        intent = self._journal.intent if self._journal is not None else None
        self._old_key = intent.key if intent is not None else None

    def run(self, store: Callable[[str, Journal], StoredObject]) -> StoredObject:
        """Store it by `store`, which takes the key and the journal; errors as `store_today`."""
        return store_today(self._key, lambda key: store(key, self._journal_of(key)))

    def end(self) -> None:
        """Remove the journal: what was stored is noted elsewhere by now."""
        if self._journal is not None:
            self._journal.remove()

    def _key(self) -> str:
        old, self._old_key = self._old_key, None  # a key that was refused is not tried again
        return old or artifact_key(self._wanted.subject, self._wanted.name, self._clock.now())

    def _journal_of(self, key: str) -> Journal:
        journal, wanted = self._journal, self._wanted
        if journal is None or journal.intent is None or journal.intent.key != key:
            journal = self._journals.begin(key, wanted.content_type, wanted.source, self._about)
            self._journal = journal
        return journal
