"""That nothing is replaced: the second belt, behind keys that nobody else has.

`If-None-Match: *` on PutObject and CompleteMultipartUpload
(https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html). Many storages
ignore it, and some refuse it, so it is never the only belt.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from jupyter_openeo_artifacts.transfer.answers import Answer

if TYPE_CHECKING:
    from jupyter_openeo_artifacts.transfer.remote import RemoteObject

_REFUSE_IT: set[str] = set()
"""Hosts that say they do not know the condition: not asked twice by this process."""
_MAY_BE_OF_IT = ("refused", "signature_refused")  # the latter where a proxy drops the header


class OnlyNew:
    """The condition of one upload's requests, for as long as it makes sense."""

    def __init__(self, remote: RemoteObject) -> None:
        self._host = remote.host
        self._asked = self._host not in _REFUSE_IT

    @property
    def arguments(self) -> Any:
        """What to ask a request with."""
        return {"IfNoneMatch": "*"} if self._asked else {}

    def drop(self) -> None:
        """Ask no more: what is at the key is from this upload."""
        self._asked = False

    def was_refused(self, error: Exception) -> bool:
        """Whether the storage may not know the condition: the request is worth another try."""
        from botocore.exceptions import ClientError

        if not self._asked or not isinstance(error, ClientError):
            return False
        answer = Answer.of(error)
        if answer.row.meaning not in _MAY_BE_OF_IT:
            return False
        self._asked = False
        if answer.heard.status == HTTPStatus.NOT_IMPLEMENTED:  # others may be of something else
            _REFUSE_IT.add(self._host)
        return True


def is_taken(error: Exception) -> bool:
    """Whether the storage says that something is at the key."""
    from botocore.exceptions import ClientError

    return isinstance(error, ClientError) and Answer.of(error).row.meaning == "taken"
