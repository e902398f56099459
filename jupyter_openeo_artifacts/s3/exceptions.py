"""What can happen to the bytes on their way.

    OpenEOArtifactsError
    └── TransferError
        ├── Cancelled, MachineExhausted
        ├── SourceError          the file that is sent
        │   ├── SourceChanged, SourceGone, SourceTooShort, SourceUnreadable
        ├── SpoolError           the bytes that arrive
        │   ├── SpoolFull, SpoolOverrun, SpoolClosed, BytesGone
        └── StorageError         the storage that takes them
            ├── StorageUnreachable, StorageBusy, StorageUntrusted
            │   └── AnswerUnreadable
            ├── StorageRefused, StorageDenied, StorageFull, CredentialsExpired, ClockWrong
            │   └── FileTooLarge, FileNameRefused
            ├── NetworkLoginNeeded, ObjectGone, IntermediaryAnswered
            └── ContentMismatch, UploadLost

This file imports nothing heavy: an error can be caught without loading boto3.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from jupyter_openeo_artifacts.errors import TransferError, Who

Again = Literal["patiently", "few", "never"]


class StorageError(TransferError):
    """The storage is the trouble."""

    code: ClassVar[str] = "storage_failed"
    who: ClassVar[Who] = "provider"


class StorageUnreachable(StorageError):
    """No connection to the storage, for as long as we had patience."""

    code: ClassVar[str] = "storage_unreachable"
    who: ClassVar[Who] = "wait"


class StorageBusy(StorageError):
    """The storage is up, but could not do it, for as long as we had patience."""

    code: ClassVar[str] = "storage_busy"
    who: ClassVar[Who] = "wait"


class StorageUntrusted(StorageError):
    """The storage's certificate is not trusted by this machine."""

    code: ClassVar[str] = "storage_untrusted"


class StorageNotAllowed(StorageError):
    """The storage or its STS is in a private network, where this Jupyter server does not go."""

    code: ClassVar[str] = "backend_not_allowed"
    who: ClassVar[Who] = "you"

    def __init__(self, host: str) -> None:
        super().__init__(
            f"The backend's storage at {host} is on this machine or in a private network, where"
            " this Jupyter server does not go.",
            todo="Choose another backend, or ask the server's administrator to add yours.",
        )
        self.host = host

    def __reduce__(self) -> tuple[type[StorageNotAllowed], tuple[str]]:
        return type(self), (self.host,)


class StorageRefused(StorageError):
    """The storage will not do it, and asking again does not help."""

    code: ClassVar[str] = "storage_refused"


class FileTooLarge(StorageRefused):
    """The file is larger than the storage takes."""

    code: ClassVar[str] = "file_too_large"
    who: ClassVar[Who] = "you"


class FileNameRefused(StorageRefused):
    """The storage does not take the name."""

    code: ClassVar[str] = "file_name_refused"
    who: ClassVar[Who] = "you"


class NetworkLoginNeeded(StorageError):
    """A proxy between here and the storage wants a login."""

    code: ClassVar[str] = "network_login_needed"
    who: ClassVar[Who] = "you"


class IntermediaryAnswered(StorageError):
    """Something on the way to the storage has answered in its place."""

    code: ClassVar[str] = "network_intermediary"
    who: ClassVar[Who] = "wait"

    @classmethod
    def of(cls, action: str, host: str, how: object) -> IntermediaryAnswered:
        """Return what to raise.

        Parameters
        ----------
        how
            By what it is known: the HTTP status, or what is wrong with the certificate.
        """
        return cls(
            f"Could not {action}: something between here and {host} answers in its place ({how}).",
            todo="Perhaps the network wants a login: check that, then try again.",
        )


class AnswerUnreadable(StorageBusy):
    """An answer says success, but is none of S3's.

    Parameters
    ----------
    again
        How often it is worth asking once more: a few times only where that may leave something in
        the storage, never where it would send too many bytes again.
    """

    code: ClassVar[str] = "storage_answer_unreadable"
    who: ClassVar[Who] = "wait"

    def __init__(self, message: str, *, todo: str = "", again: Again = "patiently") -> None:
        super().__init__(message, todo=todo)
        self.again = again


class ObjectGone(StorageError):
    """The storage does not have the object (any more)."""

    code: ClassVar[str] = "object_gone"
    who: ClassVar[Who] = "you"


class StorageDenied(StorageError):
    """The account has no right to it."""

    code: ClassVar[str] = "storage_denied"


class StorageFull(StorageError):
    """The storage has no room, or the account's share is used up."""

    code: ClassVar[str] = "storage_full"


class CredentialsExpired(StorageError):
    """The storage no longer takes the credentials, and renewing them did not help."""

    code: ClassVar[str] = "storage_credentials_expired"
    who: ClassVar[Who] = "you"


class ClockWrong(StorageError):
    """The clock of this machine is too far from the storage's."""

    code: ClassVar[str] = "clock_wrong"
    who: ClassVar[Who] = "you"


class ContentMismatch(StorageError):
    """The storage keeps answering with another checksum than that of what was sent."""

    code: ClassVar[str] = "content_mismatch"


class UploadLost(StorageError):
    """The storage forgot an upload under way."""

    code: ClassVar[str] = "upload_lost"
    who: ClassVar[Who] = "wait"


class KeyTaken(StorageError):
    """Something else is at the key already; it was left alone."""

    code: ClassVar[str] = "key_taken"
    who: ClassVar[Who] = "you"


def not_s3(host: str, *, again: Again = "patiently") -> AnswerUnreadable:
    """Return the error for a success that is none of S3's; `again` as there."""
    return AnswerUnreadable(
        f"{host} gave an answer that is not one of S3.",
        todo="Check the network (a log-in page may be in between), then try again.",
        again=again,
    )
