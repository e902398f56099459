"""By which digest a part's request is bound to its bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.transfer.wish import Wish

if TYPE_CHECKING:
    from jupyter_openeo_artifacts.transfer.remote import RemoteObject

_REFUSE_IT: set[str] = set()
# "denied" where a bucket's policy wants each body's SHA-256 signed.
_MAY_BE_OF_IT = frozenset({"refused", "signature_refused", "denied"})
_FEW = 3
"""Failing answers in a row after which an upload does without."""


class Binding(Wish):
    """The SHA-256 that is signed, or, once a storage has shown that it knows MD5s, the MD5.

    The MD5 is there anyway, to be compared with the ETag; with it in the signed headers, storage
    refuses other bytes before they are stored. Where ETags are no MD5s, the SHA-256 stays.
    """

    def __init__(self, remote: RemoteObject) -> None:
        super().__init__(remote, unknown_to=_REFUSE_IT, refusals=_MAY_BE_OF_IT)
        self._known = False
        self._failed = 0

    def of(self, md5: str) -> str:
        """Return `md5` where that is to be used, else nothing."""
        return md5 if self._known and self._asked else ""

    def learn(self, *, compared: bool) -> None:
        """Take note of whether an answer's ETag could be compared, and was right."""
        self._known = compared

    def worked(self) -> None:
        """Take note of a request that had the MD5, and was answered well."""
        self._failed = 0

    def failed(self, error: Exception) -> None:
        """Take note of one that failed; a few such answers, one after the other, are enough."""
        from botocore.exceptions import ClientError

        if isinstance(error, ClientError):
            self._failed += 1
            if self._failed >= _FEW:
                self.drop()
