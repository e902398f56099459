"""The one error family: what happened, who has to act, what to do.

Each part has its own below these: `artifacts.exceptions` (each also a child of its namesake in
openeo.extra.artifacts), `s3.exceptions`, `auth.exceptions`, `service.exceptions` and others. This
file imports next to nothing, so every layer may import it.
"""

from __future__ import annotations

import errno
import os
import threading
import traceback
from socket import gaierror
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from jupyter_openeo_artifacts.formatting import visible

if TYPE_CHECKING:
    import logging
    from collections.abc import Iterator

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


def machine_out_of_resources(error: Exception) -> MachineExhausted | None:
    """Return what to raise where the system had no descriptor or memory left."""
    lack = exhausted(error) if isinstance(error, OSError) else None
    return None if lack is None else MachineExhausted(lack.message, todo=lack.todo)


def machine_out_of_threads() -> MachineExhausted:
    """Return what to raise where the system let no further thread begin."""
    lack = out_of_threads()
    return MachineExhausted(lack.message, todo=lack.todo)


def affordable(most: int, descriptors: int) -> int:
    """Return how many a process may have, `most` at most and one at least.

    What a process may open is shared: a Jupyter server that has nothing left accepts nobody, and
    says so in its log some hundred times a second.

    Parameters
    ----------
    descriptors
        That the process must be allowed, for each one.
    """
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return most
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limit == resource.RLIM_INFINITY:
        return most
    return max(1, min(most, limit // descriptors))


EXHAUSTED = (errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS)
"""What the system says then."""


def exhausted(error: OSError) -> ResourcesExhausted | None:
    """Return the error for a system that has run out of something; None for any other reason."""
    if error.errno not in EXHAUSTED:
        return None
    return _out_of(error.errno)


def exhausted_behind(error: BaseException) -> ResourcesExhausted | None:
    """Return the error for a system that had run out, where `error` comes of that."""
    lack = shortage(error)
    return None if lack is None else _out_of(lack)


def shortage(error: BaseException) -> int | None:
    """Return what the system lacked where `error` comes of that, as one of `EXHAUSTED`.

    A resolver that can open no file says only that a name is not known, for now.
    """
    for each in chain_of(error):
        if isinstance(each, MemoryError):
            return errno.ENOMEM
        if isinstance(each, gaierror):
            try:
                os.close(os.open(os.devnull, os.O_RDONLY))
            except OSError as lack:
                if lack.errno in EXHAUSTED:
                    return lack.errno
        elif isinstance(each, OSError) and each.errno in EXHAUSTED:
            return each.errno
    return None


def chain_of(error: BaseException) -> Iterator[BaseException]:
    """Yield an error, and what it is said to have come of."""
    seen: list[BaseException] = []
    left: list[Any] = [error]
    while left:
        each = left.pop()
        if not isinstance(each, BaseException) or each in seen:
            continue
        seen.append(each)
        yield each
        told = getattr(each, "kwargs", None)
        left += [each.__cause__, each.__context__, getattr(each, "reason", None), *each.args]
        left += [told.get("error")] if isinstance(told, dict) else []


def _out_of(lack: int) -> ResourcesExhausted:
    what = "open files" if lack in (errno.EMFILE, errno.ENFILE) else "memory"
    return ResourcesExhausted(
        f"This program has reached the system's limit of {what}.",
        todo="Close what is not needed, or wait until some files are staged; if it stays so, ask"
        " for a higher limit (ulimit).",
    )


def out_of_threads() -> ResourcesExhausted:
    """Return the error for a system that lets no further thread begin."""
    return ResourcesExhausted(
        "This program has reached the system's limit of threads.",
        todo="Close what is not needed, or ask the administrator to raise the limit; then try"
        " again.",
    )


def without_texts(error: BaseException | None) -> str:
    """Return the types and places of an error and of its causes, without their texts."""
    told = []
    while error is not None:
        frames = "".join(traceback.format_tb(error.__traceback__))
        told.append(f"{type(error).__module__}.{type(error).__qualname__}\n{frames}")
        error = error.__cause__ or error.__context__
    return "raised while handling:\n".join(told)


_MOST = 1000
WARNED: set[str] = set()
"""What this process has warned of, once and for all."""
_lock = threading.Lock()


if hasattr(os, "register_at_fork"):  # a thread that holds it is not there in a forked process
    os.register_at_fork(
        before=_lock.acquire, after_in_parent=_lock.release, after_in_child=_lock.release
    )


def warn_once(log: logging.Logger, sentence: str, *, of: str = "") -> None:
    """Put a warning into the log, unless this process has done so before.

    `of` names what is missing, where the sentence is another one each time.
    """
    with _lock:
        if (of or sentence) in WARNED or len(WARNED) > _MOST:
            return
        WARNED.add(of or sentence)
    log.warning("%s", sentence)
