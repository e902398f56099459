"""That nothing is replaced: the second belt, behind keys that nobody else has.

`If-None-Match: *` on PutObject and CompleteMultipartUpload
(https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html). Many storages
ignore it, and some refuse it, so it is never the only belt.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jupyter_openeo_artifacts.transfer.answers import Answer
from jupyter_openeo_artifacts.transfer.wish import Wish

if TYPE_CHECKING:
    from jupyter_openeo_artifacts.transfer.remote import RemoteObject

_REFUSE_IT: set[str] = set()
_MAY_BE_OF_IT = frozenset({"refused", "signature_refused"})  # the latter: a proxy drops the header


class OnlyNew(Wish):
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

    return isinstance(error, ClientError) and Answer.of(error).row.meaning == "taken"
