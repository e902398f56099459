"""The login that a command uses: the one kept on this machine, else one made at the terminal."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.staging.reference import own_sessions, target_address
from jupyter_openeo_artifacts.staging.target import SessionTarget

if TYPE_CHECKING:
    import argparse

    from jupyter_openeo_artifacts.login.session import BackendSession


def add_backend(parser: argparse.ArgumentParser) -> None:
    """Let a command take `--backend`."""
    parser.add_argument(
        "--backend",
        metavar="URL",
        help="address of the openEO backend; the one used last if not given",
    )


def signed_in(backend: str | None) -> SessionTarget:
    """Return where to stage; asks to sign in at a terminal if there is no login.

    Raises
    ------
    OpenEOArtifactsError
        The backend cannot be reached, or the login was denied or took too long.
    """
    session = own_sessions().open(target_address(backend))
    if session.state != "signed_in":
        _sign_in(session)
    return SessionTarget(session)


def _sign_in(session: BackendSession) -> None:
    login = session.start_login()
    if login.state == "pending":
        print(
            f"To sign in to {session.title}, open"
            f" {login.verification_uri_complete or login.verification_uri}\n"
            f"and give it the code {login.user_code}, or check that it shows it. Waiting ...",
            file=sys.stderr,
        )
    try:
        login.wait()
    except KeyboardInterrupt:
        login.cancel()
        raise
    if login.problem is not None:
        raise login.problem
