"""The line in a cell that signs when it runs, so that no link is kept in the notebook."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Any

from jupyter_openeo_artifacts.login.exceptions import NotSignedIn
from jupyter_openeo_artifacts.records.backends import last_backend
from jupyter_openeo_artifacts.records.ledger import StagedRecord
from jupyter_openeo_artifacts.staging.lookup import find_record
from jupyter_openeo_artifacts.staging.target import ConnectionTarget, SessionTarget

if TYPE_CHECKING:
    from openeo.rest.connection import Connection

    from jupyter_openeo_artifacts.artifacts.verification import Verification
    from jupyter_openeo_artifacts.login.sessions import Sessions
    from jupyter_openeo_artifacts.staging.target import Target

_lock = threading.Lock()
if hasattr(os, "register_at_fork"):  # a thread that holds it is not there in a forked process
    os.register_at_fork(
        before=_lock.acquire, after_in_parent=_lock.release, after_in_child=_lock.release
    )
_sessions: Sessions | None = None


def presigned_url(
    uri: Any,
    *,
    backend: str | None = None,
    connection: Connection | None = None,
    expires_in: int | None = None,
) -> str:
    """Return a fresh presigned URL for a staged file. Whoever has it can read the file.

    Parameters
    ----------
    uri
        The storage URI, `s3://…`.
    backend
        Address of the openEO backend it was staged on; else the one used last on this machine.
    connection
        A signed-in openEO connection to use instead of the login kept on this machine.
    expires_in
        Seconds; None is the longest valid time.

    Raises
    ------
    ObjectGone, NotYours, WrongBucket
        The link would not work: the file is not there any more, is another account's or in another
        bucket.
    OpenEOArtifactsError
        Not signed in, not a storage URI, or the backend or storage does not answer.
    """
    target = target_for(backend=backend, connection=connection)
    return target.helper().sign(uri, expires_in).url


def verify(
    artifact: Any,
    *,
    backend: str | None = None,
    connection: Connection | None = None,
    read_back: bool | None = None,
) -> Verification:
    """Check a staged file in storage and a link to it, or a link that you have.

    Parameters
    ----------
    artifact
        Name of what was staged from this machine (the newest is meant, of several days), storage
        URI, or a presigned URL. For a presigned URL no login is needed: that link is tried, and
        `valid_until` tells when it ends.
    backend, connection
        As for `presigned_url`; for a name, the backend it was staged on if not given.
    read_back
        Read all of its content and compare the SHA-256. None: only where that is the one way to
        know that it is whole.

    Raises
    ------
    NoSuchRecord, NameAmbiguous
        Nothing of that name was staged, or different files of that name on one day.
    LinkInvalid
        It is a web address, but no whole presigned URL.
    OpenEOArtifactsError
        As `verify` of the artifact helper.
    """
    from jupyter_openeo_artifacts.artifacts.link_verification import verify_link
    from jupyter_openeo_artifacts.artifacts.signed_link import SignedLink, is_link
    from jupyter_openeo_artifacts.staging.artifact import Artifact

    if is_link(artifact):
        return verify_link(SignedLink.parse(artifact))
    uri = artifact.uri if isinstance(artifact, StagedRecord) else str(artifact)
    record = find_record(uri, backend)
    if record is None:
        helper = target_for(backend=backend, connection=connection).helper()
        return helper.verify(uri, read_back=bool(read_back))
    target = target_for(backend=backend or record.backend, connection=connection)
    return Artifact.of(record, target).verify(read_back=read_back)


def target_for(*, backend: str | None = None, connection: Connection | None = None) -> Target:
    """Return where to stage and sign: the given connection, else the login kept for `backend`.

    Raises
    ------
    NotSignedIn
        No backend is named and none was used before.
    OpenEOArtifactsError
        The backend cannot be reached.
    """
    if connection is not None:
        return ConnectionTarget(connection)
    return SessionTarget(own_sessions().open(target_address(backend)))


def target_address(backend: str | None) -> str:
    """Return `backend`, else the address of the one used last on this machine.

    Raises
    ------
    NotSignedIn
        There is neither.
    """
    address = backend or last_backend()
    if address is None:
        raise NotSignedIn(
            "There is no openEO login to use.",
            todo="Sign in with the openEO artifacts panel, or run in a terminal:"
            " jupyter openeo-artifacts login --backend URL. Or name a backend or a connection.",
        )
    return address


def own_sessions() -> Sessions:
    """Return this process's logins."""
    global _sessions  # noqa: PLW0603  one set of logins per process, made when first needed
    from jupyter_openeo_artifacts.login.sessions import Sessions

    with _lock:
        if _sessions is None:
            _sessions = Sessions()
        return _sessions
