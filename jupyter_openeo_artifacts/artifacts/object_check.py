"""Whether a link to an object would work: asked before one is handed out.

Why it costs a request, and what is said where storage does not answer it:
docs/decisions/026-links-are-checked.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timezone
from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.transfer.exceptions import (
    CredentialsExpired,
    ObjectGone,
    StorageError,
)

if TYPE_CHECKING:
    from datetime import datetime

    from jupyter_openeo_artifacts.artifacts.objects import Objects
    from jupyter_openeo_artifacts.artifacts.uri import S3URI

PATIENCE = 10.0
"""Seconds after which a storage that does not answer is signed for all the same."""


@dataclass(frozen=True)
class ObjectCheck:
    """What storage said of an object.

    `found` is False where it did not say; `stored_at` is None where that is not known.
    """

    found: bool
    stored_at: datetime | None = None


NOT_CHECKED = ObjectCheck(found=False)


def check_object(objects: Objects, uri: S3URI) -> ObjectCheck:
    """Return what one HEAD tells of the object; a storage that refuses HEAD breaks nothing.

    Raises
    ------
    WrongBucket, NotYours
        This login cannot link to it.
    ObjectGone
        It is not in storage.
    CredentialsExpired
        Storage no longer takes the login.
    """
    objects.require_own(uri)
    try:
        answer = objects.head(uri, objects.retrier(PATIENCE))
    except (ObjectGone, CredentialsExpired):
        raise
    except StorageError:
        return NOT_CHECKED
    stored_at = answer.get("LastModified")
    return ObjectCheck(found=True, stored_at=stored_at and stored_at.astimezone(timezone.utc))
