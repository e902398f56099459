"""What can be wrong with a request, whichever way it came, and the HTTP status of each error.

OpenEOArtifactsError
├── RequestInvalid, NotAllowed, NoSuchRoute, NoLogin
├── UploadTooLarge, UploadEnded, NoRoomForUpload, PageGone
└── ServerFailed
"""

from __future__ import annotations

from http import HTTPStatus
from typing import ClassVar

from jupyter_openeo_artifacts.errors import OpenEOArtifactsError, Who

INVALID_TODO = (
    "Update the browser tab or the program that sent it; openapi.json describes the form."
)


class RequestInvalid(OpenEOArtifactsError):
    """The request is not of the form that openapi.yaml describes."""

    code: ClassVar[str] = "request_invalid"
    who: ClassVar[Who] = "you"


class NotAllowed(OpenEOArtifactsError):
    """No login, no XSRF token, the authorizer says no, or it is not for this page."""

    code: ClassVar[str] = "not_allowed"
    who: ClassVar[Who] = "you"


class NoSuchRoute(OpenEOArtifactsError):
    """Nothing is at this address, or no operation is called so."""

    code: ClassVar[str] = "no_such_route"
    who: ClassVar[Who] = "you"


class NoLogin(OpenEOArtifactsError):
    """No login was started on this connection."""

    code: ClassVar[str] = "no_login"
    who: ClassVar[Who] = "you"


class UploadTooLarge(OpenEOArtifactsError):
    """More bytes than the administrator allows, or than were announced."""

    code: ClassVar[str] = "upload_too_large"
    who: ClassVar[Who] = "you"


class UploadEnded(OpenEOArtifactsError):
    """The upload takes no more bytes."""

    code: ClassVar[str] = "upload_ended"
    who: ClassVar[Who] = "you"


class NoRoomForUpload(OpenEOArtifactsError):
    """The Jupyter server's disk has no room for the bytes."""

    code: ClassVar[str] = "disk_full"
    who: ClassVar[Who] = "you"


class PageGone(OpenEOArtifactsError):
    """The page that was sending the bytes was closed, or sleeps."""

    code: ClassVar[str] = "page_gone"
    who: ClassVar[Who] = "you"


class ServerFailed(OpenEOArtifactsError):
    """A fault of ours; the log knows more."""

    code: ClassVar[str] = "server_failed"
    who: ClassVar[Who] = "provider"


_CODES: dict[HTTPStatus, tuple[str, ...]] = {
    HTTPStatus.BAD_REQUEST: (
        "request_invalid",
        "name_invalid",
        "uri_invalid",
        "link_invalid",
        "lifetime_invalid",
        "backend_address_invalid",
        "backend_not_openeo",
        "backend_redirects",
        "is_folder",
        "contents_not_local",
        "file_unusable",
        "file_name_refused",
        "config_invalid",
    ),
    HTTPStatus.FORBIDDEN: (
        "not_allowed",
        "backend_not_allowed",
        "file_unreadable",
        "file_refused",
        "file_unwritable",
    ),
    HTTPStatus.NOT_FOUND: (
        "no_such_route",
        "no_such_connection",
        "no_login",
        "no_such_upload",
        "no_such_artifact",
        "file_vanished",
    ),
    HTTPStatus.METHOD_NOT_ALLOWED: ("method_not_offered",),
    HTTPStatus.CONFLICT: (
        "not_signed_in",
        "login_failed",
        "login_denied",
        "login_expired",
        "login_cancelled",
        "login_secret_refused",
        "login_not_possible",
        "login_by_environment",
        "login_to_confirm",
        "login_destination_changed",
        "login_not_accepted",
        "login_not_kept",
        "token_store_not_private",
        "token_store_unreadable",
        "storage_none",
        "storage_unsupported",
        "storage_invalid",
        "cannot_list",
        "cannot_delete",
        "file_exists",
        "artifact_changed",
        "name_ambiguous",
        "upload_not_failed",
        "too_many_failed",
        "staged_by_another",
        "other_account",
        "account_unknown",
        "wrong_bucket",
        "offset_mismatch",
        "upload_incomplete",
        "file_changed",
        "file_too_short",
        "key_taken",
        "clock_wrong",
        "network_login_needed",
    ),
    HTTPStatus.GONE: (
        "upload_ended",
        "upload_expired",
        "page_gone",
        "receiving_stopped",
        "bytes_gone",
        "cancelled",
        "object_gone",
    ),
    HTTPStatus.PRECONDITION_FAILED: ("tus_version_unknown",),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: (
        "request_too_large",
        "upload_too_large",
        "file_too_large",
        "too_many_bytes",
    ),
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: ("not_an_upload",),
    HTTPStatus.TOO_MANY_REQUESTS: ("too_many_uploads",),
    HTTPStatus.INTERNAL_SERVER_ERROR: ("server_failed", "internal"),
    HTTPStatus.BAD_GATEWAY: (
        "list_not_whole",
        "backend_unreachable",
        "backend_not_trusted",
        "backend_failed",
        "login_refused",
        "login_provider_failed",
        "login_provider_unreachable",
        "storage_failed",
        "storage_refused",
        "storage_denied",
        "storage_full",
        "storage_untrusted",
        "storage_credentials_expired",
        "content_mismatch",
        "upload_lost",
        "transfer_failed",
    ),
    HTTPStatus.SERVICE_UNAVAILABLE: (
        "storage_unreachable",
        "storage_busy",
        "storage_answer_unreadable",
        "network_intermediary",
        "clocks_differ",
        "machine_exhausted",
        "records_busy",
        "resources_exhausted",
        "server_stopping",
    ),
    HTTPStatus.INSUFFICIENT_STORAGE: ("disk_full", "receiving_failed", "records_unusable"),
}

STATUS = {code: status for status, codes in _CODES.items() for code in codes}

_BY_WHO = {
    "you": HTTPStatus.BAD_REQUEST,
    "provider": HTTPStatus.BAD_GATEWAY,
    "wait": HTTPStatus.SERVICE_UNAVAILABLE,
}


def status_of(error: OpenEOArtifactsError) -> HTTPStatus:
    """Return the HTTP status for `error`; by who has to act where its code is not listed."""
    return STATUS.get(error.code) or _BY_WHO[error.who]
