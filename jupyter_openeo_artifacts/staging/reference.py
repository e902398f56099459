"""Artifacts by what people call them: a name, a URI or a link."""

from __future__ import annotations

import difflib
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from jupyter_openeo_artifacts.auth.exceptions import LoginDestinationChanged, NotSignedIn
from jupyter_openeo_artifacts.backends.login_destination import LoginNotConfirmed
from jupyter_openeo_artifacts.errors import RecordsUnusable
from jupyter_openeo_artifacts.staging.target import default_sessions, target_for
from jupyter_openeo_artifacts.state.ids import connection_id
from jupyter_openeo_artifacts.state.ledger import Ledger
from jupyter_openeo_artifacts.state.staged_record import NameAmbiguous, NoSuchRecord, StagedRecord

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

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

    Warns where it will end before the time that was asked for.

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
    LifetimeInvalid
        `expires_in` is not positive (a `ValueError`).
    OpenEOArtifactsError
        Not signed in, not a storage URI, or the backend or storage does not answer.
    """
    target = target_for(backend=backend, connection=connection)
    signed = target.helper().sign(uri, expires_in)
    signed.warn_if_cut(stacklevel=3)
    return signed.url


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
    from jupyter_openeo_artifacts.artifacts.links import SignedLink, verify_link
    from jupyter_openeo_artifacts.artifacts.uri import is_link
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
    backend: str,
    *,
    issuer: str,
    client_id: str,
    sts: str | Sequence[str],
    s3: str | Sequence[str],
    root: str | None = None,
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
    client_id
        The client there that your login is of.
    sts, s3
        Where the backend's storages give sessions and take files; several in a list.
    root
        Host that the backend's address leads to, `https://host[:port]`; the address's own if not
        given.

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
    there = asked.destination
    if not there.is_named_by(
        root=root, issuer=issuer, client_id=client_id, sts=_several(sts), s3=_several(s3)
    ):
        raise LoginDestinationChanged(
            f"{session.title} does not name what you have agreed to.", todo=asked.copy().todo
        )
    session.confirm(there)


def _several(origins: str | Sequence[str]) -> set[str]:
    return {origins} if isinstance(origins, str) else set(origins)


_COMPARED = 1000
"""Most names that are looked at for one that is near: that takes time for each."""

_NAMED = 20
"""Most artifacts of one name that an error lists."""


def find_record(
    given: str, backend: str | None = None, *, of_any_day: bool = False
) -> StagedRecord | None:
    """Return the record of a name or URI; None for a URI that is not on the list.

    Of a name that was staged on several days the newest is meant.

    Parameters
    ----------
    given
        Name, or storage URI `s3://…`. It is repeated in the error unless it may be a secret.
    backend
        Only what was staged at this address.
    of_any_day
        Refuse a name that was staged on several days, too.

    Raises
    ------
    NoSuchRecord
        Nothing of that name was staged.
    NameAmbiguous
        Different files of that name were staged on one day; it lists their URIs.
    """
    from jupyter_openeo_artifacts.artifacts.uri import may_be_secret

    if given.startswith("s3://"):
        return _by_uri(given, backend)
    only = {connection_id(backend)} if backend else None
    names: set[str] = set()
    records = _noting(names, Ledger().records(only))
    newest = next((each for each in records if each.name == given), None)
    if newest is not None:
        day = _day(newest)
        rest = records if of_any_day else takewhile(lambda each: _day(each) == day, records)
        same = [newest, *(each for each in rest if each.name == given)]
        if not all(_is_copy(each, newest) for each in same) or (of_any_day and len(same) > 1):
            raise _ambiguous(same)
        return newest
    named = "of that name" if may_be_secret(given) else f"named {given!r}"
    near = difflib.get_close_matches(given, sorted(names)[:_COMPARED], n=1)
    raise NoSuchRecord(
        f"No artifact {named} was staged from this machine.",
        todo=f"Did you mean {near[0]!r}?"
        if near
        else "Look for it with the command list, or give its storage URI.",
    )


def _by_uri(given: str, backend: str | None) -> StagedRecord | None:
    """Return what the list says of a URI, None where it cannot be read.

    Only what was staged since its day is read.
    """
    from jupyter_openeo_artifacts.artifacts.deduplication import records_of
    from jupyter_openeo_artifacts.artifacts.exceptions import StorageURIInvalid
    from jupyter_openeo_artifacts.artifacts.uri import S3URI

    try:
        uri = S3URI.from_any(given)
    except StorageURIInvalid:
        return None  # who uses it says so
    connection = connection_id(backend) if backend else None
    try:
        found = records_of(uri)
    except (RecordsUnusable, OSError):
        return None  # a URI says where it is by itself
    return next((each for each in found if connection in (None, each.connection)), None)


def _noting(names: set[str], records: Iterator[StagedRecord]) -> Iterator[StagedRecord]:
    for each in records:
        names.add(each.name)
        yield each


def _day(record: StagedRecord) -> date:
    """Return the day on which it was staged, as people here count days."""
    return record.staged_at.astimezone().date()


def _is_copy(one: StagedRecord, other: StagedRecord) -> bool:
    """Whether it does not matter which of two is meant."""
    place = (one.connection, one.account, one.provider)
    same_place = place == (other.connection, other.account, other.provider)
    return one is other or (same_place and one.sha256 == other.sha256 != "")


def _ambiguous(same: list[StagedRecord]) -> NameAmbiguous:
    lines = [
        f"  {each.staged_at.astimezone():%Y-%m-%d %H:%M:%S}  {each.size:,} bytes  {each.uri}"
        for each in same[:_NAMED]
    ]
    if len(same) > _NAMED:
        lines.append(f"  … and {len(same) - _NAMED} older ones")
    return NameAmbiguous(
        f"There are {len(same)} artifacts named {same[0].name!r}.",
        todo="\n".join(["Give the storage URI of the one you mean:", *lines]),
    )
