"""The exceptions of openeo.extra.artifacts, and a few more; each is also one of ours.

openeo.extra.artifacts.exceptions.ArtifactsException
├── NoAdvertisedProviders       the backend offers no artifact storage
├── UnsupportedArtifactsType    … one of a type nobody here handles
├── InvalidProviderConfig       … one whose description is broken
│   └── GivenConfigInvalid      … or the config that was given
├── NoDefaultConfig             … one that lacks a value that was not given either
└── ProviderSpecificException   the storage's own ways
├── CapabilitiesUnreadable  the backend did not tell what it offers
├── NoUsableLogin           the connection has no OpenID Connect login
├── LoginRefused            … one that storage does not accept
├── StorageLoginUnreachable … storage's login service did not answer
├── StorageLoginUntrusted   … has a certificate that is not trusted here
├── StorageClocksDiffer     … does not accept the login yet
├── DeletionNotSupported    the provider does not offer it
├── ListingNotSupported     … nor this
└── ListNotWhole            storage's list contradicts itself
ArtifactNameInvalid, StorageURIInvalid (also ValueError)
WrongBucket, LinkInvalid, LifetimeInvalid (also ValueError)
FileMissing, FileIsFolder, FileUnreadable, FileAlreadyExists, FileUnwritable, DiskFull,
    ArtifactNotOwned (also the built-in error of that meaning)
ArtifactChanged                 what is read is no longer what it was
"""

from __future__ import annotations

import reprlib
from typing import ClassVar

from openeo.extra.artifacts import exceptions as upstream

from jupyter_openeo_artifacts.errors import OpenEOArtifactsError, Who


def shown(text: object) -> str:
    """Return how `text`, which somebody else wrote, is put into a message: quoted, never long."""
    short = reprlib.Repr()
    short.maxstring = 80
    return short.repr(text)


class ArtifactsException(OpenEOArtifactsError, upstream.ArtifactsException):
    """Family of exceptions related to artifacts."""


class NoAdvertisedProviders(ArtifactsException, upstream.NoAdvertisedProviders):
    """The backend's capabilities name no artifact provider."""

    code: ClassVar[str] = "storage_none"

    def __init__(self) -> None:
        super().__init__(
            "This backend does not offer artifact storage.",
            todo="Its provider can add it; until then pass small data inline or by a public URL.",
        )

    def __reduce__(self) -> tuple[type[NoAdvertisedProviders], tuple[()]]:
        return type(self), ()  # else pickle hands it its text


class UnsupportedArtifactsType(ArtifactsException, upstream.UnsupportedArtifactsType):
    """The artifact storage is of a type that nobody here handles (`type_id`)."""

    code: ClassVar[str] = "storage_unsupported"

    def __init__(self, type_id: str) -> None:
        super().__init__(
            f"This backend's artifact storage is of the type {shown(type_id)}, which is not known"
            " here.",
            todo="Update jupyter-openeo-artifacts; if that is no help, ask the backend's provider.",
        )
        self.type_id = type_id


class NoDefaultConfig(ArtifactsException, upstream.NoDefaultConfig):
    """A value (`key`) was neither given nor advertised."""

    code: ClassVar[str] = "storage_invalid"

    def __init__(self, key: str) -> None:
        super().__init__(
            f"A value for {key!r} is neither advertised by the backend nor given.",
            todo="Please tell the backend's provider; until then give an explicit config.",
        )
        self.key = key


class InvalidProviderConfig(ArtifactsException, upstream.InvalidProviderConfig):
    """What the backend advertises is not of the form it must have."""

    code: ClassVar[str] = "storage_invalid"

    def __init__(
        self,
        message: str,
        *,
        todo: str = "Please tell the backend's provider.",
        request_id: str | None = None,
    ) -> None:
        super().__init__(message, todo=todo, request_id=request_id)


class GivenConfigInvalid(InvalidProviderConfig):
    """What was given in place of an advertised value is not of the form it must have."""

    code: ClassVar[str] = "config_invalid"
    who: ClassVar[Who] = "you"

    def __init__(self, message: str) -> None:
        super().__init__(message, todo="Correct it where you make the config.")


class ProviderSpecificException(ArtifactsException, upstream.ProviderSpecificException):
    """Something particular to this kind of storage."""

    code: ClassVar[str] = "storage_failed"


class CapabilitiesUnreadable(ArtifactsException):
    """The backend did not tell what storage it has."""

    code: ClassVar[str] = "backend_failed"
    who: ClassVar[Who] = "wait"

    def __init__(self, host: str) -> None:
        super().__init__(
            f"{host} does not tell what storage it has: no answer, or none of openEO.",
            todo="Try again in a while; if it stays so, tell the backend's provider.",
        )
        self.host = host

    def __reduce__(self) -> tuple[type[CapabilitiesUnreadable], tuple[str]]:
        return type(self), (self.host,)


class NoUsableLogin(ProviderSpecificException):
    """The connection is not signed in by OpenID Connect."""

    code: ClassVar[str] = "not_signed_in"
    who: ClassVar[Who] = "you"


class LoginRefused(ProviderSpecificException):
    """Storage does not accept the login."""

    code: ClassVar[str] = "login_refused"


class StorageLoginUnreachable(ProviderSpecificException):
    """Storage's login service (STS) did not answer."""

    code: ClassVar[str] = "storage_unreachable"
    who: ClassVar[Who] = "wait"


class StorageLoginUntrusted(ProviderSpecificException):
    """The certificate of storage's login service is not trusted by this machine."""

    code: ClassVar[str] = "storage_untrusted"


class StorageClocksDiffer(ProviderSpecificException):
    """Storage's clock and the login provider's differ: the login holds there a little later."""

    code: ClassVar[str] = "clocks_differ"
    who: ClassVar[Who] = "wait"


class DeletionNotSupported(ProviderSpecificException):
    """The provider does not delete artifacts, or not for this account."""

    code: ClassVar[str] = "cannot_delete"


class ListingNotSupported(ProviderSpecificException):
    """The provider does not list artifacts, or not for this account."""

    code: ClassVar[str] = "cannot_list"


class ListNotWhole(ProviderSpecificException):
    """Storage's list contradicts itself, so that nobody knows what is missing in it."""

    code: ClassVar[str] = "list_not_whole"
    who: ClassVar[Who] = "provider"


class ArtifactNameInvalid(ArtifactsException, ValueError):
    """An object name that storage or a later reader would trip over."""

    code: ClassVar[str] = "name_invalid"
    who: ClassVar[Who] = "you"


class StorageURIInvalid(ArtifactsException, ValueError):
    """Not of the form s3://bucket/key."""

    code: ClassVar[str] = "uri_invalid"
    who: ClassVar[Who] = "you"


class FileMissing(ArtifactsException, FileNotFoundError):
    """There is no such file."""

    code: ClassVar[str] = "file_vanished"
    who: ClassVar[Who] = "you"


class FileIsFolder(ArtifactsException, IsADirectoryError):
    """A folder where a file was wanted."""

    code: ClassVar[str] = "is_folder"
    who: ClassVar[Who] = "you"


class FileUnreadable(ArtifactsException, PermissionError):
    """The file may not be read."""

    code: ClassVar[str] = "file_unreadable"
    who: ClassVar[Who] = "you"


class FileAlreadyExists(ArtifactsException, FileExistsError):
    """There is a file already, and it is not to be overwritten."""

    code: ClassVar[str] = "file_exists"
    who: ClassVar[Who] = "you"


class FileUnwritable(ArtifactsException, PermissionError):
    """No file can be written there."""

    code: ClassVar[str] = "file_unwritable"
    who: ClassVar[Who] = "you"


class DiskFull(ArtifactsException, OSError):
    """There is no room for the file."""

    code: ClassVar[str] = "disk_full"
    who: ClassVar[Who] = "you"


class ArtifactNotOwned(ArtifactsException, PermissionError):
    """The artifact lies below another account's prefix: this login can do nothing with it.

    Parameters
    ----------
    name
        The artifact's, for the message.
    """

    code: ClassVar[str] = "staged_by_another"
    who: ClassVar[Who] = "you"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name!r} was staged by another account: this login can neither link to nor read it.",
            todo="Sign in as the one who staged it, or stage it again.",
        )
        self.name = name

    def __reduce__(self) -> tuple[type[ArtifactNotOwned], tuple[str]]:
        return type(self), (self.name,)


class WrongBucket(ArtifactsException, ValueError):
    """The storage URI names another bucket than the one of this backend's storage."""

    code: ClassVar[str] = "wrong_bucket"
    who: ClassVar[Who] = "you"


class LinkInvalid(ArtifactsException, ValueError):
    """A web address that is no whole presigned URL; it is not in the message."""

    code: ClassVar[str] = "link_invalid"
    who: ClassVar[Who] = "you"

    def __init__(self) -> None:
        super().__init__(
            "This is not a whole presigned URL.",
            todo="Give all of the link, with everything after its `?`, in quotes at a prompt.",
        )

    def __reduce__(self) -> tuple[type[LinkInvalid], tuple[()]]:
        return type(self), ()


class LifetimeInvalid(ArtifactsException, ValueError):
    """A lifetime for a link that is no positive number of seconds."""

    code: ClassVar[str] = "lifetime_invalid"
    who: ClassVar[Who] = "you"

    def __init__(self) -> None:
        super().__init__(
            "The lifetime of a link must be a positive number of seconds.",
            todo="Give for example 3600 for an hour, or leave it out for the longest possible.",
        )

    def __reduce__(self) -> tuple[type[LifetimeInvalid], tuple[()]]:
        return type(self), ()


class ArtifactChanged(ArtifactsException):
    """Somebody replaced the object while it was read."""

    code: ClassVar[str] = "artifact_changed"
    who: ClassVar[Who] = "you"
