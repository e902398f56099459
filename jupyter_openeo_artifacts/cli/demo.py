"""`jupyter openeo-artifacts demo`: an openEO provider on this machine, and JupyterLab on it."""

from __future__ import annotations

import json
import signal
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from jupyter_openeo_artifacts.demo.exceptions import PartEnded

if TYPE_CHECKING:
    import argparse

    from jupyter_openeo_artifacts.demo.lab import Lab
    from jupyter_openeo_artifacts.demo.provider import LocalProvider

_LONGEST_SESSION = 43200
_LARGEST_PORT = 65535
_LOOK_SECONDS = 0.5
_STOPPING = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)  # Windows has no SIGHUP


def add_demo(commands: Any) -> None:
    """Describe the command."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "demo",
        help="try everything on a local openEO provider, no account needed",
        description="Start a real openEO provider on this machine (sign-in, openEO API, S3 with "
        "STS; loopback only) and open JupyterLab on it. Ctrl-C ends all of it.",
    )
    parser.add_argument("--no-lab", action="store_true", help="the provider alone")
    parser.add_argument(
        "--no-browser", action="store_true", help="start JupyterLab but open no browser"
    )
    parser.add_argument(
        "--json", action="store_true", help="print one JSON line when ready; opens no browser"
    )
    parser.add_argument(
        "--data",
        type=Path,
        metavar="DIR",
        help="keep everything there, so that logins and files are still good next time; a "
        "temporary folder if not given",
    )
    parser.add_argument(
        "--session-seconds",
        type=_number(1, _LONGEST_SESSION),
        default=_LONGEST_SESSION,
        metavar="N",
        help="end S3 sessions, and links with them, after N seconds (at most 43200)",
    )
    parser.add_argument(
        "--port",
        type=_number(1, _LARGEST_PORT),
        metavar="N",
        help="port of JupyterLab; a free one, or the one in --data, if not given",
    )
    parser.set_defaults(run=run_demo)


def run_demo(arguments: argparse.Namespace) -> int:
    """Serve until Ctrl-C or SIGTERM, or until JupyterLab is shut down."""
    from jupyter_openeo_artifacts.demo.lab import Lab
    from jupyter_openeo_artifacts.demo.provider import LocalProvider

    for number in _STOPPING:
        signal.signal(number, _stop)
    try:
        with ExitStack() as running:
            provider = LocalProvider(arguments.data, arguments.session_seconds)
            lab = None if arguments.no_lab else Lab(provider, port=arguments.port)
            if lab is not None:
                lab.check()
            running.enter_context(provider)
            if lab is not None:
                lab.open_browser = not (arguments.no_browser or arguments.json)
                running.enter_context(lab)
            _announce(provider, lab, as_json=arguments.json)
            _watch(provider, lab)
    except _AskedToStop:
        pass  # the way to end it
    if not arguments.json:
        print("Everything has ended.", flush=True)
    return 0


def _watch(provider: LocalProvider, lab: Lab | None) -> None:
    while lab is None or lab.running:
        if not provider.storage.running:
            raise PartEnded(
                f"The storage (SeaweedFS) has ended: {provider.storage.last_words()}",
                todo="Start the demo again.",
            )
        time.sleep(_LOOK_SECONDS)


def _announce(provider: LocalProvider, lab: Lab | None, *, as_json: bool) -> None:
    if as_json:
        names = ("backend", "issuer", "s3", "sts", "bucket", "role")
        line: dict[str, Any] = {name: getattr(provider, name) for name in names}
        # For programs that start the demo and sign in without a person; good at this demo only.
        service = provider.service
        line["service"] = {"client_id": service.client_id, "client_secret": service.secret}
        print(json.dumps(line | ({"lab": lab.address} if lab else {})), flush=True)
        return
    people = ", ".join(f"{user.login} / {user.password}" for user in provider.users.values())
    rows = {
        "openEO backend": provider.backend,
        "users / passwords": people,
        "service account": f"{provider.service.client_id} / {provider.service.secret}",
        "S3 and STS": provider.s3,
    }
    if lab is not None:
        rows = {"JupyterLab": lab.address} | rows
    if provider.kept:
        rows["kept in"] = str(provider.data)
    print("A local openEO provider is ready:\n")
    for name, value in rows.items():
        print(f"  {name:<18} {value}")
    if not provider.kept:
        print("\nEverything is in a temporary folder; keep it with --data DIR.")
    print("\nCtrl-C ends it.", flush=True)


class _AskedToStop(BaseException):
    """A signal to end.

    Not KeyboardInterrupt: one that passes through an `exec` (every dataclass has one when its
    module is imported) makes CPython end the process by SIGINT, even where it was caught.
    """


def _stop(*_: Any) -> NoReturn:
    # Once is enough: a second signal must not disturb the end of what was started.
    for number in _STOPPING:
        signal.signal(number, signal.SIG_IGN)
    raise _AskedToStop


def _number(least: int, most: int) -> Any:
    def number(text: str) -> int:
        value = int(text)
        if not least <= value <= most:
            raise ValueError(text)
        return value

    number.__name__ = f"number from {least} to {most}"  # argparse puts it into its message
    return number
