"""The one error family: what happened, who has to act, what to do.

    OpenEOArtifactsError
    ├── artifacts.exceptions.*   (each also a child of its namesake in openeo.extra.artifacts)
    ├── transfer.exceptions.*
    ├── login.exceptions.*
    ├── records.exceptions.*
    ├── service.exceptions.*
    └── server.exceptions.*

This file imports next to nothing, so every layer may import it and a handler can map any of
ours to an HTTP status without loading openeo or boto3.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from jupyter_openeo_artifacts.visible import visible

if TYPE_CHECKING:
    from typing_extensions import Self


Who = Literal["you", "provider", "wait"]


class OpenEOArtifactsError(Exception):
    """Something a person can act on.

    Parameters
    ----------
    message
        What happened, one sentence, without a secret or a presigned URL in it.
    todo
        What to do, one sentence; may be empty.
    request_id
        The storage's or backend's id of the failed request, for support.
    """

    code: ClassVar[str] = "error"
    """A stable word that programs can compare."""
    who: ClassVar[Who] = "provider"
    """Who has to act."""

    def __init__(self, message: str, *, todo: str = "", request_id: str | None = None) -> None:
        Exception.__init__(self, message)
        self.message = message
        self.todo = todo
        self.request_id = request_id

    def to_dict(self) -> dict[str, str | None]:
        """Return the `Problem` of openapi.yaml, which the widget's page reads too."""
        return {
            "code": self.code,
            "message": self.message,
            "who": self.who,
            "todo": self.todo,
            "request_id": self.request_id,
        }

    def copy(self) -> Self:
        """Return one to raise, as an exception that was raised belongs to its thread.

        It has all that this one has, whatever its class wants to be made of.
        """
        made = type(self).__new__(type(self), *self.args)
        made.args, made.__cause__ = self.args, self.__cause__
        made.__dict__.update(self.__dict__)
        return made

    def __str__(self) -> str:
        text = visible(f"{self.message} {self.todo}".strip())
        return f"{text} (request id {self.request_id})" if self.request_id else text

    def _render_traceback_(self) -> list[str]:
        """Return what IPython shows in place of a page of traceback.

        https://ipython.readthedocs.io/en/stable/config/integrating.html#custom-exception-tracebacks
        """
        return [f"{type(self).__name__}: {self}"]


class RecordsUnusable(OpenEOArtifactsError):
    """Our folder cannot be made or written."""

    code: ClassVar[str] = "records_unusable"
    who: ClassVar[Who] = "you"


class ResourcesExhausted(RecordsUnusable):
    """Neither this process nor the machine has a descriptor, thread or memory left."""

    code: ClassVar[str] = "resources_exhausted"
    who: ClassVar[Who] = "wait"


class BackendAddressInvalid(OpenEOArtifactsError):
    """The text is not the address of a backend."""

    code: ClassVar[str] = "backend_address_invalid"
    who: ClassVar[Who] = "you"


class TransferError(OpenEOArtifactsError):
    """The file was not stored, and nothing of it is visible in the storage."""

    code: ClassVar[str] = "transfer_failed"


class Cancelled(TransferError):
    """Somebody cancelled.

    Parameters
    ----------
    settled
        Whether the clean-up in the storage had ended when this was raised; if not, it goes on in
        the background, or later where the storage does not let it end.
    pending
        Whether the storage has all of a request that it has not answered: it may still do it.
    """

    code: ClassVar[str] = "cancelled"
    who: ClassVar[Who] = "you"

    def __init__(self, *, settled: bool = True, pending: bool = False) -> None:
        super().__init__("The upload was cancelled.")
        self.settled = settled
        self.pending = pending


class MachineExhausted(TransferError):
    """There is no descriptor, thread or memory left on this machine to send anything with."""

    code: ClassVar[str] = "machine_exhausted"
    who: ClassVar[Who] = "you"
