"""What can be wrong with a request by HTTP, before the service has anything to do with it.

OpenEOArtifactsError
├── RequestTooLarge, MethodNotOffered
├── FileVanished, FileIsFolder, FileUnreadable, FileRefused, ContentsNotLocal
├── UploadExpired, OffsetMismatch, TusVersionUnknown, NotAnUpload
└── ServerStopping
"""

from __future__ import annotations

from http import HTTPStatus
from typing import ClassVar

from jupyter_openeo_artifacts.errors import OpenEOArtifactsError, Who
from jupyter_openeo_artifacts.service.exceptions import (
    NoSuchRoute,
    NotAllowed,
    RequestInvalid,
    ServerFailed,
)


class RequestTooLarge(OpenEOArtifactsError):
    """The body is larger than any request of its kind needs."""

    code: ClassVar[str] = "request_too_large"
    who: ClassVar[Who] = "you"


class MethodNotOffered(OpenEOArtifactsError):
    """The address does not know this HTTP method."""

    code: ClassVar[str] = "method_not_offered"
    who: ClassVar[Who] = "you"


class FileVanished(OpenEOArtifactsError, FileNotFoundError):
    """There is no such file below the Jupyter root (transfer tells it from other errors)."""

    code: ClassVar[str] = "file_vanished"
    who: ClassVar[Who] = "you"


class FileIsFolder(OpenEOArtifactsError):
    """A folder where a file was wanted."""

    code: ClassVar[str] = "is_folder"
    who: ClassVar[Who] = "you"


class FileUnreadable(OpenEOArtifactsError):
    """The Jupyter server may not read the file."""

    code: ClassVar[str] = "file_unreadable"
    who: ClassVar[Who] = "you"


class FileRefused(OpenEOArtifactsError):
    """A path that leads out of the Jupyter root, or to something that is not shown there."""

    code: ClassVar[str] = "file_refused"
    who: ClassVar[Who] = "you"


class ContentsNotLocal(OpenEOArtifactsError):
    """Jupyter's files do not lie in a folder of this machine."""

    code: ClassVar[str] = "contents_not_local"
    who: ClassVar[Who] = "you"


class UploadExpired(OpenEOArtifactsError):
    """No bytes came for too long."""

    code: ClassVar[str] = "upload_expired"
    who: ClassVar[Who] = "you"


class OffsetMismatch(OpenEOArtifactsError):
    """The bytes sent do not go on where those that are here end (tus 1.0)."""

    code: ClassVar[str] = "offset_mismatch"
    who: ClassVar[Who] = "you"


class TusVersionUnknown(OpenEOArtifactsError):
    """The client does not speak tus 1.0.0."""

    code: ClassVar[str] = "tus_version_unknown"
    who: ClassVar[Who] = "you"


class NotAnUpload(OpenEOArtifactsError):
    """The body is not announced as application/offset+octet-stream (tus 1.0)."""

    code: ClassVar[str] = "not_an_upload"
    who: ClassVar[Who] = "you"


class ServerStopping(OpenEOArtifactsError):
    """The Jupyter server is being shut down."""

    code: ClassVar[str] = "server_stopping"
    who: ClassVar[Who] = "wait"


def from_jupyter(status: int) -> OpenEOArtifactsError:
    """Return our error for one that Jupyter or tornado raised; its text is not passed on."""
    match status:
        case HTTPStatus.UNAUTHORIZED | HTTPStatus.FORBIDDEN:
            return NotAllowed(
                "The Jupyter server does not allow this.",
                todo="Reload the page; if that does not help, log in to Jupyter again.",
            )
        case HTTPStatus.NOT_FOUND:
            return NoSuchRoute("The Jupyter server does not know this address.")
        case HTTPStatus.METHOD_NOT_ALLOWED:
            return MethodNotOffered("This address does not offer that method.")
        case _ if HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR:
            return RequestInvalid("The Jupyter server did not understand the request.")
    return ServerFailed(
        "Something went wrong in the Jupyter server.",
        todo="Try again; the server's log says more.",
    )
