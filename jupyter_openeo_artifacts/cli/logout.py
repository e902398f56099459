"""`jupyter openeo-artifacts logout`: sign out, or only withdraw what was agreed to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jupyter_openeo_artifacts.errors import OpenEOArtifactsError
from jupyter_openeo_artifacts.staging.reference import own_sessions, target_address

if TYPE_CHECKING:
    import argparse


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
    sessions = own_sessions()
    address = target_address(arguments.backend)
    if arguments.keep_login:
        sessions.withdraw(address)
        print(f"Your login is not used any more at {address}.")
        return 0
    try:
        session = sessions.open(address)
    except OpenEOArtifactsError:
        sessions.withdraw(address)
        raise
    sessions.close(session.id)
    print(f"Signed out at {session.backend}.")
    return 0
