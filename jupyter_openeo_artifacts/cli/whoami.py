"""`jupyter openeo-artifacts whoami`: who is signed in, and whom the login is for."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from jupyter_openeo_artifacts.cli.login import HOW, login_line, named_backend, problem_of
from jupyter_openeo_artifacts.formatting import visible
from jupyter_openeo_artifacts.staging.target import default_sessions
from jupyter_openeo_artifacts.urls import host_of

if TYPE_CHECKING:
    import argparse

    from jupyter_openeo_artifacts.backends.approvals import Approval


def add_parser(commands: Any) -> None:
    """Describe the command."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "whoami", help="show who is signed in, and the backends where your login may be used"
    )
    parser.add_argument("--backend", metavar="URL", help="the one used last if not given")
    parser.add_argument("--json", action="store_true", help="print one JSON line")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
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
