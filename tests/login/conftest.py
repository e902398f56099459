"""What tests of the login share: a real provider, a backend that believes it, a person."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from jupyter_openeo_artifacts.backends.configured import ENVIRONMENT
from jupyter_openeo_artifacts.backends.session_registry import Sessions
from tests.login.destinations import storage
from tests.servers import openeo_stub
from tests.servers.oidc import OpenIDProvider, oidc
from tests.support.logins import sign_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jupyter_openeo_artifacts.backends.session import BackendSession

__all__ = ["oidc"]


@pytest.fixture
def backend(oidc: OpenIDProvider) -> Iterator[openeo_stub.Backend]:
    """Yield a backend whose tokens last."""
    with openeo_stub.backend(oidc.issuer) as running:
        yield running


@pytest.fixture
def brief(oidc: OpenIDProvider) -> Iterator[openeo_stub.Backend]:
    """Yield a backend whose access tokens last 2 s: renewed after one."""
    with openeo_stub.backend(oidc.issuer, "openeo-brief") as running:
        yield running


@pytest.fixture
def sessions() -> Iterator[Sessions]:
    """Yield an empty registry."""
    registry = Sessions()
    yield registry
    registry.stop()


@pytest.fixture
def signed_in(oidc: OpenIDProvider, sessions: Sessions) -> Callable[..., BackendSession]:
    """Return what opens a backend and signs a person in."""

    def at(backend: openeo_stub.Backend, user: str = "alice") -> BackendSession:
        session = sessions.open(backend.url)
        sign_in(session, oidc, user)
        return session

    return at


@pytest.fixture
def vouch_for(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Return what puts backends on the administrator's list, for processes to come as well."""

    def vouch(*backends: openeo_stub.Backend) -> None:
        monkeypatch.setenv(ENVIRONMENT, " ".join(each.url for each in backends))

    return vouch


@pytest.fixture
def store_file() -> Path:
    """Return where the openEO client keeps its refresh tokens."""
    return Path(os.environ["OPENEO_CONFIG_HOME"]) / "refresh-tokens.json"


@pytest.fixture
def stored(store_file: Path) -> Callable[[], dict[str, Any]]:
    """Return what reads the token store."""

    def read() -> dict[str, Any]:
        return dict(json.loads(store_file.read_text())) if store_file.exists() else {}

    return read


def until(condition: Callable[[], Any], seconds: float = 10) -> None:
    """Wait until something has come true."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come true"
        time.sleep(0.02)


def run_python(script: str, *arguments: str, seconds: float = 60) -> str:
    """Run a script in a process of its own; return what it printed."""
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def evil(oidc: OpenIDProvider) -> Iterator[openeo_stub.Backend]:
    """Yield a backend that lists the good one's issuer and client: both are public facts."""
    with openeo_stub.backend(oidc.issuer) as running:
        running.artifacts = {"providers": [storage()]}
        yield running
