"""`jupyter openeo-artifacts logout, whoami`: who is signed in, and where the login may be used."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from jupyter_openeo_artifacts.cli.login import HOW, login_line, named_backend, problem_of
from jupyter_openeo_artifacts.errors import OpenEOArtifactsError
from jupyter_openeo_artifacts.formatting import visible
from jupyter_openeo_artifacts.staging.target import default_sessions
from jupyter_openeo_artifacts.urls import host_of

if TYPE_CHECKING:
    import argparse

    from jupyter_openeo_artifacts.backends.approvals import Approval
    from jupyter_openeo_artifacts.backends.session_registry import Sessions


def add_logout(commands: Any) -> None:
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
    parser.set_defaults(run=run_logout)


def run_logout(arguments: argparse.Namespace) -> int:
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


def add_whoami(commands: Any) -> None:
    """Describe the command."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "whoami", help="show who is signed in, and the backends where your login may be used"
    )
    parser.add_argument("--backend", metavar="URL", help="the one used last if not given")
    parser.add_argument("--json", action="store_true", help="print one JSON line")
    parser.set_defaults(run=run_whoami)


def run_whoami(arguments: argparse.Namespace) -> int:
    """Print the account, then what was agreed to on this machine; asks nobody to sign in.

    Raises
    ------
    OpenEOArtifactsError
        Nobody is signed in there; what was agreed to is printed all the same.
    """
    sessions = default_sessions()
    approvals = sessions.approvals.all()
    if not arguments.json:
        for each in approvals:
            print(visible(_line(each)))
    address = named_backend(arguments.backend)
    session = sessions.open(address)
    if arguments.json:
        said = {
            "account": session.user,
            "backend": session.backend,
            "state": session.state,
            "approved": session.approved(),
            "approvals": [json.loads(each.to_json()) for each in approvals],
        }
        print(json.dumps(said))
    if session.state != "signed_in":
        raise problem_of(session)
    if not arguments.json:
        print(login_line(session))
    return 0


def _line(given: Approval) -> str:
    hosts = ", ".join(host_of(each) for each in [*given.sts, *given.s3])
    storage = f"STS and storage: {hosts}" if hosts else "it named no storage"
    return (
        f"{given.at.astimezone():%Y-%m-%d %H:%M %Z}  the login of {given.client_id} at"
        f" {host_of(given.issuer)} may go to {given.backend}, {HOW[given.how]}"
        f" ({storage})"
    )
