"""One artifact helper for each connection, built once."""

from __future__ import annotations

import os
import threading
import weakref
from typing import TYPE_CHECKING, Any

from jupyter_openeo_artifacts.artifacts import build
from jupyter_openeo_artifacts.auth.shared_renewal import share_renewal
from jupyter_openeo_artifacts.concurrency.process_end import call_after_fork

if TYPE_CHECKING:
    from collections.abc import Callable

    from openeo.rest.connection import Connection

    from jupyter_openeo_artifacts.artifacts.access_token import StorageLogin
    from jupyter_openeo_artifacts.artifacts.helper import S3STSArtifactHelper


_ATTRIBUTE = "_jupyter_openeo_artifacts"
_lock = threading.Lock()


if hasattr(os, "register_at_fork"):  # a thread that holds it is not there in a forked process
    os.register_at_fork(
        before=_lock.acquire, after_in_parent=_lock.release, after_in_child=_lock.release
    )


class _Kept:
    """A connection's helper, and the login that it was built for."""

    def __init__(self, connection: Connection) -> None:
        self.of = weakref.ref(connection)
        self.login: Any = None
        self.helper: S3STSArtifactHelper | None = None
        self.reset_after_fork()
        call_after_fork(self)

    def reset_after_fork(self) -> None:
        """Have a free lock: the thread that held it is not there in a forked process."""
        self.building = threading.Lock()

    def __reduce__(self) -> tuple[type[None], tuple[()]]:
        return type(None), ()  # pickled or copied, a connection has none


def get_helper(
    connection: Connection,
    admit: Callable[[str, str], None] = lambda *_: None,
    *,
    public_only: bool = False,
    login: StorageLogin | None = None,
) -> S3STSArtifactHelper:
    """Return the helper of `connection`, built once as long as its login is the same.

    It blocks (backend and STS are asked); uploads of one connection wait for one build.

    Parameters
    ----------
    admit
        Called with the STS and the S3 endpoint before anything is sent to them; may raise.
    public_only
        Connect to them at public addresses only.
    login
        Whose tokens are shown to the STS; the openEO client's own if not given.

    Raises
    ------
    OpenEOArtifactsError
        As `build_artifact_helper`, and what `admit` raises.
    """
    from jupyter_openeo_artifacts.artifacts.build import admitted_helper

    kept = _kept_by(connection)
    with kept.building:
        if kept.helper is None or kept.login is not connection.auth:
            kept.helper = admitted_helper(connection, admit, public_only=public_only, login=login)
            kept.login = connection.auth
        return kept.helper


def held_helper(connection: Connection) -> S3STSArtifactHelper | None:
    """Return the helper that was built for the connection's login, None where none was."""
    kept = _kept_by(connection)
    return kept.helper if kept.login is connection.auth else None


def _kept_by(connection: Connection) -> _Kept:
    with _lock:
        kept = getattr(connection, _ATTRIBUTE, None)
        if not isinstance(kept, _Kept) or kept.of() is not connection:  # none, or that of a copy
            kept = _Kept(connection)
            setattr(connection, _ATTRIBUTE, kept)
        return kept


def build_artifact_helper(
    connection: Connection, config: Any = None, *, provider: str | None = None
) -> S3STSArtifactHelper:
    """Return the helper that stages artifacts for `connection`.

    From then on the connection renews its token by openEO's token store, as the panel does: a
    second use of a refresh token that is good for one would end the login of both.

    Parameters
    ----------
    connection
        A connection that is signed in by OpenID Connect.
    config
        An `S3STSConfig`, ours or upstream's, for what the backend advertises wrongly or not at
        all; only needed when the backend's provider says so. A complete one (both endpoints, role
        and bucket) works whatever is advertised.
    provider
        Id of one of the advertised providers; else the first of a known type is taken, in the
        order in which they are advertised.

    Raises
    ------
    NoAdvertisedProviders
        The backend offers no artifact storage.
    UnsupportedArtifactsType
        What it offers is of a type that is not known here.
    InvalidProviderConfig, NoDefaultConfig
        What it advertises is broken or lacks a value.
    ProviderSpecificException
        There is no usable login.
    """
    share_renewal(connection)
    return build.build_artifact_helper(connection, config, provider=provider)
