"""What can go wrong with an upload itself."""

from __future__ import annotations

from typing import ClassVar

from jupyter_openeo_artifacts.errors import OpenEOArtifactsError, Who


class NoSuchUpload(OpenEOArtifactsError):
    """No upload of that id is known here."""

    code: ClassVar[str] = "no_such_upload"
    who: ClassVar[Who] = "you"

    def __init__(self) -> None:
        super().__init__(
            "This upload is not known here.", todo="Reload the list; it may have ended."
        )


class TooManyUploads(OpenEOArtifactsError):
    """More uploads than one process can follow have not ended."""

    code: ClassVar[str] = "too_many_uploads"
    who: ClassVar[Who] = "wait"

    def __init__(self, most: int) -> None:
        super().__init__(
            f"{most} files are being staged already; this one was not taken.",
            todo="Wait until some of them are staged, then add it again.",
        )


class TooManyFailed(OpenEOArtifactsError):
    """More files that could not be staged are kept for another try than one process can follow."""

    code: ClassVar[str] = "too_many_failed"
    who: ClassVar[Who] = "you"

    def __init__(self, most: int) -> None:
        super().__init__(
            f"{most} files could not be staged and wait to be tried again; this one was not taken.",
            todo="Try some of them again or remove them from the list, then add it again.",
        )


class NotRetryable(OpenEOArtifactsError):
    """A cancelled upload, or one whose bytes will never be here, cannot be tried again."""

    code: ClassVar[str] = "upload_not_failed"
    who: ClassVar[Who] = "you"

    def __init__(self, state: str) -> None:
        super().__init__(f"This upload is {state}: there is nothing to try again.")


class NotArrived(OpenEOArtifactsError):
    """The page has confirmed a file of which bytes are still missing."""

    code: ClassVar[str] = "upload_incomplete"
    who: ClassVar[Who] = "wait"

    def __init__(self) -> None:
        super().__init__(
            "Not all bytes of this file have arrived yet.",
            todo="Ask for the offset, send the rest, then confirm it.",
        )


class StoppedByUs(OpenEOArtifactsError):
    """A fault of this program; its details are in the log."""

    code: ClassVar[str] = "internal"
    who: ClassVar[Who] = "wait"

    def __init__(self) -> None:
        super().__init__(
            "Staging stopped by a fault in jupyter-openeo-artifacts itself; nothing was stored.",
            todo="Try again; if it stays so, report it with the last lines of the log.",
        )


class OtherAccount(OpenEOArtifactsError):
    """Another account than the one that is signed in has added the file."""

    code: ClassVar[str] = "other_account"
    who: ClassVar[Who] = "you"

    def __init__(self, account: str) -> None:
        whose = repr(account) if account else "another account"
        super().__init__(
            f"This file was added by {whose}, who is not signed in now.",
            todo=f"Sign in as {whose if account else 'that one'} and try again; or remove it here"
            " and add it again, to stage it by the account that is signed in.",
        )


class AccountUnknown(OpenEOArtifactsError):
    """It was not noted which account has added the file."""

    code: ClassVar[str] = "account_unknown"
    who: ClassVar[Who] = "you"

    def __init__(self) -> None:
        super().__init__(
            "It was not noted which account has added this file.",
            todo="If it is yours, try again: it is staged by the account that is signed in. If it"
            " is not, sign in as the one who added it first, or remove it here.",
        )
