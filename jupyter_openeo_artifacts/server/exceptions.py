"""What can be wrong with a request, before staging or login have anything to do with it.

OpenEOArtifactsError
├── RequestInvalid, RequestTooLarge, NotAllowed, NoSuchRoute, MethodNotOffered
├── NoLogin
├── FileVanished, FileIsFolder, FileUnreadable, FileRefused, ContentsNotLocal
├── UploadTooLarge, UploadEnded, UploadExpired, OffsetMismatch, TusVersionUnknown, NotAnUpload,
│   NoRoomForUpload
└── ServerFailed, ServerStopping
"""

from __future__ import annotations

from typing import ClassVar

from jupyter_openeo_artifacts.errors import OpenEOArtifactsError, Who


class RequestInvalid(OpenEOArtifactsError):
    """The request is not of the form that openapi.yaml describes."""

    code: ClassVar[str] = "request_invalid"
    who: ClassVar[Who] = "you"


class RequestTooLarge(OpenEOArtifactsError):
    """The body is larger than any request of its kind needs."""

    code: ClassVar[str] = "request_too_large"
    who: ClassVar[Who] = "you"


class NotAllowed(OpenEOArtifactsError):
    """No login, no XSRF token, or the authorizer says no."""

    code: ClassVar[str] = "not_allowed"
    who: ClassVar[Who] = "you"


class NoSuchRoute(OpenEOArtifactsError):
    """Nothing is at this address."""

    code: ClassVar[str] = "no_such_route"
    who: ClassVar[Who] = "you"


class MethodNotOffered(OpenEOArtifactsError):
    """The address does not know this HTTP method."""

    code: ClassVar[str] = "method_not_offered"
    who: ClassVar[Who] = "you"


class NoLogin(OpenEOArtifactsError):
    """No login was started on this connection."""

    code: ClassVar[str] = "no_login"
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


class UploadTooLarge(OpenEOArtifactsError):
    """More bytes than the administrator allows, or than were announced."""

    code: ClassVar[str] = "upload_too_large"
    who: ClassVar[Who] = "you"


class UploadEnded(OpenEOArtifactsError):
    """The upload takes no more bytes."""

    code: ClassVar[str] = "upload_ended"
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


class NoRoomForUpload(OpenEOArtifactsError):
    """The Jupyter server's disk has no room for the bytes."""

    code: ClassVar[str] = "disk_full"
    who: ClassVar[Who] = "you"


class ServerFailed(OpenEOArtifactsError):
    """A fault of ours; the log knows more."""

    code: ClassVar[str] = "server_failed"
    who: ClassVar[Who] = "provider"


class ServerStopping(OpenEOArtifactsError):
    """The Jupyter server is being shut down."""

    code: ClassVar[str] = "server_stopping"
    who: ClassVar[Who] = "wait"
