"""A system that is out of descriptors, threads or memory, as an error that says so."""

from __future__ import annotations

import errno
import os
from socket import gaierror
from typing import TYPE_CHECKING, Any

from jupyter_openeo_artifacts.errors import MachineExhausted, ResourcesExhausted

if TYPE_CHECKING:
    from collections.abc import Iterator


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
