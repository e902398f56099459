"""What every test has: a home of its own, and the local provider on request."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_openeo_artifacts.staging.target import default_sessions
from jupyter_openeo_artifacts.state import ledger
from jupyter_openeo_artifacts.state.staged_record import UnlistedRecords

FIRST = ("wheel", "server", "docs", "faults", "transfer", "login")
"""Folders with what takes longest: begun at the end, one would run alone."""

pytest_plugins = [
    "tests.servers.provider",
    "tests.servers.ceph",
    "tests.support.fixtures",
    "tests.not_run",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Have the longest tests begin first; within a folder all stays as it is."""
    tests = Path(__file__).parent

    def place(item: pytest.Item) -> int:
        folder = item.path.relative_to(tests).parts[0]
        return FIRST.index(folder) if folder in FIRST else len(FIRST)

    items.sort(key=place)


@pytest.fixture(autouse=True)
def own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep a test away from the person's own tokens, ledger and settings."""
    monkeypatch.setattr(ledger, "UNLISTED", UnlistedRecords())  # without a former test's
    default_sessions.forget()
    home = tmp_path_factory.mktemp("home")
    for name in (
        "XDG_DATA_HOME",
        "XDG_CONFIG_HOME",
        "OPENEO_CONFIG_HOME",
        "JUPYTER_OPENEO_ARTIFACTS_HOME",
        "JUPYTER_CONFIG_DIR",
    ):
        folder = home / name.lower()
        # The openEO client takes a folder in the real home before one that is not there yet.
        folder.mkdir(mode=0o700)
        monkeypatch.setenv(name, str(folder))
    for name in ("OPENEO_AUTH_METHOD", "OPENEO_AUTH_CLIENT_ID", "OPENEO_AUTH_CLIENT_SECRET"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("JUPYTER_OPENEO_ARTIFACTS_BACKENDS", "")  # undone after servers that set it
    monkeypatch.delenv("JUPYTER_OPENEO_ARTIFACTS_BACKENDS")
    return home
