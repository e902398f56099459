"""What is asked of a storage that may not know it."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.transfer.answers import Answer

if TYPE_CHECKING:
    from jupyter_openeo_artifacts.transfer.remote import RemoteObject


class Wish:
    """Something in one upload's requests without which they go as well.

    Parameters
    ----------
    unknown_to
        Hosts that say they do not know it: not asked twice by this process.
    refusals
        Meanings of answers that may be of it.
    """

    def __init__(
        self, remote: RemoteObject, *, unknown_to: set[str], refusals: frozenset[str]
    ) -> None:
        self._host = remote.host
        self._unknown_to = unknown_to
        self._refusals = refusals
        self._asked = self._host not in unknown_to

    def drop(self) -> None:
        """Ask no more."""
        self._asked = False

    def was_refused(self, error: Exception) -> bool:
        """Whether a request that had it may have been refused for it: it is worth another try."""
        from botocore.exceptions import ClientError

        if not isinstance(error, ClientError):
            return False
        answer = Answer.of(error)
        if answer.row.meaning not in self._refusals:
            return False
        self.drop()
        if answer.heard.status == HTTPStatus.NOT_IMPLEMENTED:  # others may be of something else
            self._unknown_to.add(self._host)
        return True
