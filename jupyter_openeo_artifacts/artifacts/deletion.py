"""Taking an artifact out of storage."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.artifacts.exceptions import CannotDelete, NotYours
from jupyter_openeo_artifacts.transfer.exceptions import ObjectGone, StorageDenied, StorageRefused

if TYPE_CHECKING:
    from jupyter_openeo_artifacts.artifacts.objects import Objects
    from jupyter_openeo_artifacts.artifacts.uri import S3URI

_SOON = 0.05  # a provider that cannot says InternalError (fakes3pp): four more tries in under 1 s


def delete(objects: Objects, uri: S3URI) -> None:
    """Delete an object that is there, and see that it is gone.

    Raises
    ------
    NotYours
        It is below the prefix of another account.
    CannotDelete
        The provider does not, or says that it has and has not.
    ObjectGone
        It is not there.
    StorageError
        Storage does not answer.
    """
    if uri.bucket != objects.bucket or not uri.key.startswith(objects.prefix):
        raise NotYours(
            "This artifact was staged by another account, so it cannot be deleted here.",
            todo="Sign in as the one who staged it.",
        )
    retrier = objects.retrier(first_delay=_SOON)
    objects.head(uri, retrier)
    try:
        retrier.run(
            "delete the artifact",
            lambda: objects.client.delete_object(Bucket=uri.bucket, Key=uri.key),
        )
    except (StorageDenied, StorageRefused) as error:
        raise _cannot(error.request_id) from error
    try:
        objects.head(uri, retrier)
    except ObjectGone:
        return
    raise _cannot()


def _cannot(request_id: str | None = None) -> CannotDelete:
    return CannotDelete(
        "This provider cannot delete artifacts; it removes them by itself.",
        todo="Leave it; its links end by themselves, too.",
        request_id=request_id,
    )
