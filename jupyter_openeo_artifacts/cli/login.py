"""`jupyter openeo-artifacts login`, and the login that every other command uses."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from jupyter_openeo_artifacts.login.destination import LoginNotConfirmed
from jupyter_openeo_artifacts.login.exceptions import LoginByEnvironment, NotSignedIn
from jupyter_openeo_artifacts.staging.reference import own_sessions, target_address
from jupyter_openeo_artifacts.staging.target import SessionTarget

if TYPE_CHECKING:
    import argparse

    from jupyter_openeo_artifacts.errors import OpenEOArtifactsError
    from jupyter_openeo_artifacts.login.session import BackendSession

HOW = {
    "administrator": "on the administrator's list",
    "device_login": "by a sign-in through it",
    "user": "by your yes",
}
"""How the use of a login at a backend was approved."""


def add_parser(commands: Any) -> None:
    """Describe the command."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "login", help="sign in at a backend, and agree to the use of your login there"
    )
    add_backend(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Sign in, by what is stored if that may be used, and say who that is."""
    backend = arguments.backend or _only_listed()
    print(standing(open_signed_in(backend, trust=arguments.trust)))
    return 0


def add_backend(parser: argparse.ArgumentParser) -> None:
    """Let a command take `--backend` and `--trust`."""
    parser.add_argument(
        "--backend",
        metavar="URL",
        help="address of the openEO backend; the one used last if not given",
    )
    parser.add_argument(
        "--trust",
        action="store_true",
        help="agree that your login, or the service account of the environment, goes to the"
        " backend, STS and storage that are printed then",
    )


def signed_in(backend: str | None, *, trust: bool = False) -> SessionTarget:
    """Return where to stage; asks at a terminal for what is missing.

    Parameters
    ----------
    trust
        Whether a login that is there may be used at this backend.

    Raises
    ------
    LoginNotConfirmed
        There is a login, and nobody agreed to its use at this backend; nothing was sent.
    OpenEOArtifactsError
        The backend cannot be reached, or the login was denied or took too long.
    """
    return SessionTarget(open_signed_in(backend, trust=trust))


def open_signed_in(backend: str | None, *, trust: bool = False) -> BackendSession:
    """Return the session of a backend, signed in; parameters and errors as of `signed_in`."""
    session = own_sessions().open(target_address(backend))
    if isinstance(session.problem, LoginNotConfirmed):
        _agree(session, session.problem, trust=trust)
    if session.state != "signed_in":
        _sign_in(session)
    return session


def standing(session: BackendSession) -> str:
    """Return who is signed in where, and why the login may be used there."""
    how = HOW.get(session.approved() or "", "in this process alone")
    user = session.user or "somebody the backend has no name for"
    return f"{user} at {session.backend}, approved {how}"


def _agree(session: BackendSession, asked: LoginNotConfirmed, *, trust: bool) -> None:
    print(asked.message, file=sys.stderr)
    if not trust:
        if not sys.stdin.isatty():
            raise asked.again()
        print("Use it there? [y/N] ", end="", file=sys.stderr, flush=True)
        if sys.stdin.readline().strip().casefold() not in {"y", "yes"}:
            raise asked.again()
    session.confirm(asked.destination, service=True)


def _sign_in(session: BackendSession) -> None:
    before = session.problem
    try:
        login = session.start_login()
    except LoginByEnvironment as error:  # what is wrong with that is the news
        raise before or error from None
    if login.state == "pending":
        if session.destination:
            print(session.destination.announcement(), file=sys.stderr)
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


def _only_listed() -> str | None:
    """Return the one listed backend, where nobody has used any yet."""
    from jupyter_openeo_artifacts.login.administrator import configured_backends
    from jupyter_openeo_artifacts.records.backends import last_backend

    listed = configured_backends() if last_backend() is None else []
    return listed[0] if len(listed) == 1 else None


def problem_of(session: BackendSession) -> OpenEOArtifactsError:
    """Return why nobody is signed in."""
    return session.problem or NotSignedIn(
        f"You are not signed in at {session.title}.",
        todo=f"Run: jupyter openeo-artifacts login --backend {session.backend}",
    )
