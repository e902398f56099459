"""What scripts and kernels ask of a staged file, or of a login, without naming a backend."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jupyter_openeo_artifacts.auth.exceptions import LoginDestinationChanged, NotSignedIn
from jupyter_openeo_artifacts.backends.login_destination import LoginNotConfirmed
from jupyter_openeo_artifacts.staging.default_target import default_sessions, target_for
from jupyter_openeo_artifacts.staging.lookup import find_record
from jupyter_openeo_artifacts.state.staged_record import StagedRecord

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openeo.rest.connection import Connection

    from jupyter_openeo_artifacts.artifacts.verification import Verification


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
    ObjectGone, ArtifactNotOwned, WrongBucket
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
    from jupyter_openeo_artifacts.artifacts.link_verification import (
        SignedLink,
        is_link,
        verify_link,
    )
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


def approve_login(
    backend: str, *, issuer: str, sts: str | Sequence[str], s3: str | Sequence[str]
) -> None:
    """Agree that your login at `issuer` is used at a backend, and sign in there by it.

    The error that asks for it has the whole line in it; who runs it has read whom it names. It
    counts on this machine until it is withdrawn, or the backend names others.

    Parameters
    ----------
    backend
        The backend's address.
    issuer
        Address of the OpenID provider where you are signed in.
    sts, s3
        Where the backend's storages give sessions and take files; several in a list.

    Raises
    ------
    LoginDestinationChanged
        The backend names others; nothing was sent.
    NotSignedIn
        There is no login of yours to use there.
    OpenEOArtifactsError
        The backend or the provider does not answer.
    """
    session = default_sessions().open(backend)
    if session.state == "signed_in":
        return
    asked = session.problem
    if not isinstance(asked, LoginNotConfirmed):
        raise asked or NotSignedIn(
            f"There is no login that could be used at {session.title}.",
            todo="Sign in there with the openEO artifacts panel.",
        )
    named = (issuer.rstrip("/"), _several(sts), _several(s3))
    there = asked.destination
    if named != (there.issuer, set(there.sts), set(there.s3)):
        raise LoginDestinationChanged(
            f"{session.title} does not name what you have agreed to.", todo=asked.copy().todo
        )
    session.confirm(there)


def _several(origins: str | Sequence[str]) -> set[str]:
    return {origins} if isinstance(origins, str) else set(origins)
