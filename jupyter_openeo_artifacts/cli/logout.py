"""`jupyter openeo-artifacts logout`: sign out, or only withdraw what was agreed to."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from jupyter_openeo_artifacts.cli.login import named_backend
from jupyter_openeo_artifacts.errors import OpenEOArtifactsError
from jupyter_openeo_artifacts.staging.target import default_sessions

if TYPE_CHECKING:
    import argparse

    from jupyter_openeo_artifacts.backends.session_registry import Sessions


def add_parser(commands: Any) -> None:
    """Describe the command."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "logout", help="sign out at a backend, and take back the yes to the use of your login there"
    )
    parser.add_argument("--backend", metavar="URL", help="the one used last if not given")
    parser.add_argument(
        "--keep-login",
        action="store_true",
        help="only take back the yes: the login stays stored, for other backends",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Sign out and say so.

    Raises
    ------
    OpenEOArtifactsError
        The stored login could not be removed, or the backend does not say which one is for it; the
        yes is taken back all the same.
    """
    sessions = default_sessions()
    address = named_backend(arguments.backend)
    if arguments.keep_login:
        return _withdraw(sessions, address)
    try:
        session = sessions.open(address)
    except OpenEOArtifactsError:
        sessions.withdraw(address)
        raise
    sessions.close(session.id)
    print(f"Signed out at {session.backend}.")
    return 0


def _withdraw(sessions: Sessions, address: str) -> int:
    """Take back the yes, and say what came of it."""
    found = sessions.withdraw(address)
    if sessions.is_listed(address):
        print(
            f"Your login is still used at {address}: the administrator lists it. Sign out"
            " without --keep-login, or ask your administrator.",
            file=sys.stderr,
        )
        return 1
    if not found:
        print(
            f"Nothing was agreed to under {address}, so nothing was taken back."
            " `jupyter openeo-artifacts whoami` shows where your login may be used.",
            file=sys.stderr,
        )
        return 1
    print(f"Your login is not used any more at {address}.")
    return 0
