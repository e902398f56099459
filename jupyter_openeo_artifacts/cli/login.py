"""`jupyter openeo-artifacts login`, and the login that every other command uses."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, NoReturn

from jupyter_openeo_artifacts.auth.exceptions import LoginByEnvironment, NotSignedIn
from jupyter_openeo_artifacts.backends.login_destination import LoginNotConfirmed, login_command
from jupyter_openeo_artifacts.cli import SignInNeeded
from jupyter_openeo_artifacts.formatting import visible
from jupyter_openeo_artifacts.staging.target import SessionTarget, default_sessions, target_address
from jupyter_openeo_artifacts.state.backends import last_backend

if TYPE_CHECKING:
    import argparse

    from jupyter_openeo_artifacts.backends.session import BackendSession
    from jupyter_openeo_artifacts.errors import OpenEOArtifactsError

HOW = {
    "administrator": "because your administrator lists it",
    "device_login": "because you signed in through it",
    "user": "because you agreed",
}
"""Why a login may be used at a backend, by how that was approved."""


def add_login(commands: Any) -> None:
    """Describe the command."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "login", help="sign in at a backend, and agree to the use of your login there"
    )
    add_backend(parser)
    parser.set_defaults(run=run_login)


def run_login(arguments: argparse.Namespace) -> int:
    """Sign in, by what is stored if that may be used, and say who that is."""
    session = open_signed_in(
        arguments.backend, otherwise=_only_listed(), trust=arguments.trust, wait=arguments.wait
    )
    print(login_line(session))
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
        help="agree that your login goes to the backend, STS and storage that are printed then;"
        " with --backend, also that the service account of the environment does",
    )
    parser.add_argument(
        "--wait",
        action="store_true",
        help="wait for a sign-in even if this is no terminal; otherwise that ends at once with"
        " exit status 4",
    )


def signed_in(
    backend: str | None, *, otherwise: str | None = None, trust: bool = False, wait: bool = False
) -> SessionTarget:
    """Return where to stage; asks at a terminal for what is missing.

    Parameters
    ----------
    backend
        What `--backend` names.
    otherwise
        The backend that is meant where it names none; the one used last if not given.
    trust
        Whether a login that is there may be used at this backend. For a service account it counts
        only where `--backend` names it: its secret goes to no address that is only remembered.
    wait
        Whether to wait for a sign-in where this is no terminal.

    Raises
    ------
    SignInNeeded
        Nobody is signed in, and nobody is at a terminal to do it.
    NotSignedIn
        No backend is named, and none was used before.
    LoginNotConfirmed
        There is a login, and nobody agreed to its use at this backend; nothing was sent.
    OpenEOArtifactsError
        The backend cannot be reached, or the login was denied or took too long.
    """
    return SessionTarget(open_signed_in(backend, otherwise=otherwise, trust=trust, wait=wait))


def open_signed_in(
    backend: str | None, *, otherwise: str | None = None, trust: bool = False, wait: bool = False
) -> BackendSession:
    """Return the session of a backend, signed in; parameters and errors as of `signed_in`."""
    address = named_backend(backend or otherwise, todo="you are asked to sign in there")
    session = default_sessions().open(address)
    if isinstance(session.problem, LoginNotConfirmed):
        _agree(session, session.problem, trust=trust, named=bool(backend))
    if session.state != "signed_in":
        if not wait and not (sys.stdin.isatty() or sys.stderr.isatty()):
            _refuse_to_wait(session)
        _sign_in(session)
    _agree_to_storage(session, trust=trust, named=bool(backend))
    return session


def _agree_to_storage(session: BackendSession, *, trust: bool, named: bool) -> None:
    """Ask about a storage that was not named before the sign-in, such as far down the list."""
    from jupyter_openeo_artifacts.artifacts.build import advertised_endpoints

    try:
        session.require_storage(*advertised_endpoints(session.openeo()))
    except LoginNotConfirmed as asked:
        _agree(session, asked, trust=trust, named=named)
    except Exception:  # noqa: BLE001, S110  who uses the storage says what is wrong with it
        pass


def named_backend(given: str | None, *, todo: str = "") -> str:
    """Return the backend that is meant: the one given, else the one used last.

    Parameters
    ----------
    todo
        What follows when it is named, for the message.

    Raises
    ------
    NotSignedIn
        None is given, and none was used before.
    """
    if given is None and last_backend() is None:
        name_it = "Name the backend by --backend URL"
        raise NotSignedIn(
            "No openEO backend was used on this machine before.",
            todo=f"{name_it}; {todo}." if todo else f"{name_it}.",
        )
    return target_address(given)


def _refuse_to_wait(session: BackendSession) -> NoReturn:
    problem = session.problem
    if problem is not None and not isinstance(problem, NotSignedIn):
        raise problem  # a sign-in would not mend it
    raise SignInNeeded(
        f"You are not signed in at {session.title}, and this is no terminal where you could be"
        " asked.",
        todo=f"Run first: {login_command(session.backend)} (or give --wait to wait for a sign-in).",
    )


def login_line(session: BackendSession) -> str:
    """Return who is signed in where, and why the login may be used there."""
    how = HOW.get(session.approved() or "", "in this process alone")
    user = session.user or "somebody the backend has no name for"
    return f"Signed in as {visible(user)} at {session.backend}. Your login may be used there {how}."


def _agree(session: BackendSession, asked: LoginNotConfirmed, *, trust: bool, named: bool) -> None:
    if asked.destination.service and not named:
        refused = asked.copy()
        refused.todo = (
            "For a service account a yes counts only where --backend names the backend."
            f" {asked.todo}"
        )
        raise refused
    print(visible(asked.message), file=sys.stderr)
    if not trust:
        if not sys.stdin.isatty():
            raise asked.copy()
        print("Use it there? [y/N] ", end="", file=sys.stderr, flush=True)
        if sys.stdin.readline().strip().casefold() not in {"y", "yes"}:
            raise asked.copy()
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
            f"If the page asks for a code, enter {login.user_code}. If it shows a code, check that"
            " it is this one. Waiting ...",
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
    from jupyter_openeo_artifacts.backends.configured import configured_backends

    listed = configured_backends() if last_backend() is None else []
    return listed[0] if len(listed) == 1 else None


def problem_of(session: BackendSession) -> OpenEOArtifactsError:
    """Return why nobody is signed in."""
    return session.problem or NotSignedIn(
        f"You are not signed in at {session.title}.",
        todo=f"Run: {login_command(session.backend)}",
    )
