"""Headers of an upload that are dropped once storage rejects them."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeGuard

from jupyter_openeo_artifacts.s3.error_mapping import S3Refusal

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

    from jupyter_openeo_artifacts.s3.remote_object import RemoteObject


class OptionalHeader:
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
        if error is not None and S3Refusal.of(error).response.status == HTTPStatus.NOT_IMPLEMENTED:
            self._unknown_to.add(self._host)

    def may_be_refused(self, error: Exception) -> TypeGuard[ClientError]:
        """Whether `error`, of a request that had it, may be of it: without, it is worth a try."""
        from botocore.exceptions import ClientError

        if not isinstance(error, ClientError):
            return False
        answer = S3Refusal.of(error)
        return answer.response.own and answer.row.meaning in self._refusals


_REFUSE_IT: set[str] = set()

_MAY_BE_OF_IT = frozenset({"refused", "signature_refused"})  # the latter: a proxy drops the header


class IfNoneMatchHeader(OptionalHeader):
    """The condition of one upload's requests, for as long as it makes sense."""

    def __init__(self, remote: RemoteObject) -> None:
        super().__init__(remote, unknown_to=_REFUSE_IT, refusals=_MAY_BE_OF_IT)

    @property
    def arguments(self) -> Any:
        """What to ask a request with."""
        return {"IfNoneMatch": "*"} if self._asked else {}

    def was_refused(self, error: Exception) -> bool:
        """Whether the storage may not know the condition: the request is worth another try."""
        if not self._asked or not self.may_be_refused(error):
            return False
        self.drop(error)
        return True


def is_taken(error: Exception) -> bool:
    """Whether the storage says that something is at the key."""
    from botocore.exceptions import ClientError

    return isinstance(error, ClientError) and S3Refusal.of(error).row.meaning == "taken"


REFUSE_MD5: set[str] = set()
"""The hosts of storages that take no Content-MD5 on parts, known to this process."""


# "denied" where a bucket's policy wants each body's SHA-256 signed.
_MAY_BE_OF_MD5 = frozenset({"refused", "signature_refused", "denied"})

_FEW = 3
"""Failing answers in a row after which an upload does without."""


class ContentMD5Header(OptionalHeader):
    """The SHA-256 that is signed, or, once a storage has shown that it knows MD5s, the MD5.

    The MD5 is there anyway, to be compared with the ETag; with it in the signed headers, storage
    refuses other bytes before they are stored. Where ETags are no MD5s, the SHA-256 stays.
    """

    def __init__(self, remote: RemoteObject) -> None:
        super().__init__(remote, unknown_to=REFUSE_MD5, refusals=_MAY_BE_OF_MD5)
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
