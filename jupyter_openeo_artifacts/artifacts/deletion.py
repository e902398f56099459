"""Taking an artifact out of storage."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.artifacts.exceptions import CannotDelete
from jupyter_openeo_artifacts.transfer.exceptions import ObjectGone, StorageError

if TYPE_CHECKING:
    from jupyter_openeo_artifacts.artifacts.objects import Objects
    from jupyter_openeo_artifacts.artifacts.uri import S3URI

_SOON = 0.05  # a provider that cannot says InternalError (fakes3pp): four more tries in under 1 s


def delete(objects: Objects, uri: S3URI) -> None:
    """Delete an object that is there, and see that it is gone.

    Raises
    ------
    NotYours, WrongBucket
        It is below the prefix of another account, or in another bucket.
    CannotDelete
        The provider does not, whatever it says: the object is there still.
    ObjectGone
        It was not there.
    StorageError
        Storage does not answer.
    """
    objects.require_own(uri)
    retrier = objects.retrier(first_delay=_SOON)
    objects.head(uri, retrier)
    refused = None
    try:
        retrier.run(
            "delete the artifact",
            lambda: objects.client.delete_object(Bucket=uri.bucket, Key=uri.key),
        )
    except StorageError as error:
        refused = error
    try:
        objects.head(uri, retrier)  # a 204 may be untrue, and so may "it is not there" (fakes3pp)
    except ObjectGone:
        return
    if refused is not None and refused.who == "wait":
        raise refused  # it was not answered: another try may do
    raise _cannot(refused.request_id if refused is not None else None) from refused


def _cannot(request_id: str | None = None) -> CannotDelete:
    return CannotDelete(
        "This provider cannot delete artifacts; it removes them automatically.",
        todo="Leave it: links to it end, too.",
        request_id=request_id,
    )
