"""What is asked of a storage that may not know it."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, TypeGuard

from jupyter_openeo_artifacts.transfer.answers import Answer

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

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

    def drop(self, error: ClientError | None = None) -> None:
        """Ask no more; where `error` says that it is unknown there, no later upload does."""
        self._asked = False
        if error is not None and Answer.of(error).heard.status == HTTPStatus.NOT_IMPLEMENTED:
            self._unknown_to.add(self._host)

    def may_be_refused(self, error: Exception) -> TypeGuard[ClientError]:
        """Whether `error`, of a request that had it, may be of it: without, it is worth a try."""
        from botocore.exceptions import ClientError

        if not isinstance(error, ClientError):
            return False
        answer = Answer.of(error)
        return answer.heard.own and answer.row.meaning in self._refusals
