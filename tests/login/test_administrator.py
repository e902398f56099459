"""The administrator's list, as server, kernels and command line read it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from jupyter_openeo_artifacts.backends.configured import (
    ENVIRONMENT,
    SHIPPED,
    ListedBackends,
    backends_without_traits,
    configured_backends,
    hand_to_kernels,
)
from tests.login.conftest import run_python

if TYPE_CHECKING:
    from collections.abc import Callable

    from jupyter_openeo_artifacts.backends.session import BackendSession
    from jupyter_openeo_artifacts.backends.session_registry import Sessions
    from tests.servers.openeo_stub import Backend

OURS = "https://openeo.ours.example"
SETTING = {"OpenEOArtifacts": {"backends": [{"url": OURS, "title": "Ours"}]}}
PYTHON = f"c = get_config()\nc.OpenEOArtifacts.backends = [{{'url': '{OURS}'}}]\n"


@pytest.mark.parametrize(
    ("file", "content", "listed"),
    [
        (None, "", [SHIPPED[0]["url"]]),
        ("jupyter_server_config.py", PYTHON, [OURS]),
        ("jupyter_server_config.json", json.dumps(SETTING), [OURS]),
        ("jupyter_server_config.d/ours.json", json.dumps(SETTING), [OURS]),
        ("jupyter_jupyter_openeo_artifacts_config.py", PYTHON, [OURS]),
        (
            "jupyter_server_config.py",
            f"c.OpenEOArtifacts.backends.append({{'url': '{OURS}'}})",
            [SHIPPED[0]["url"], OURS],
        ),
        # What is meant for the server's own environment may fail in a kernel's.
        ("jupyter_server_config.py", "import not_there", [SHIPPED[0]["url"]]),
        ("jupyter_server_config.d/ours.json", "not JSON", [SHIPPED[0]["url"]]),
        ("jupyter_server_config.d/ours.json", '{"OpenEOArtifacts": 7}', [SHIPPED[0]["url"]]),
    ],
)
def test_it_is_found_where_jupyter_is_configured(
    file: str | None, content: str, listed: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    # Given
    if file:
        path = Path(os.environ["JUPYTER_CONFIG_DIR"], file)
        path.parent.mkdir(exist_ok=True)
        path.write_text(content)
    # When / Then
    assert configured_backends() == listed
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("value", "listed"),
    [
        (OURS, [OURS]),
        (
            f"{OURS}, https://two.example  https://three.example",
            [OURS, "https://two.example", "https://three.example"],
        ),
        ("", []),
    ],
)
def test_the_environment_goes_before_any_file(
    monkeypatch: pytest.MonkeyPatch, value: str, listed: list[str]
) -> None:
    # Given
    Path(os.environ["JUPYTER_CONFIG_DIR"], "jupyter_server_config.json").write_text(
        json.dumps({"OpenEOArtifacts": {"backends": [{"url": "https://other.example"}]}})
    )
    # When
    monkeypatch.setenv(ENVIRONMENT, value)
    # Then
    assert configured_backends() == listed
    assert [each["url"] for each in backends_without_traits()] == listed


@pytest.mark.parametrize(
    ("listed", "address", "vouched"),
    [
        (OURS, OURS, True),
        (f"{OURS}/", f"{OURS}/openeo/1.2", True),
        ("openeo.ours.example", f"{OURS}/openeo/1.2", True),
        (f"{OURS}/good", f"{OURS}/good/1.2", True),
        (f"{OURS}/good", f"{OURS}/goodness", False),
        (f"{OURS}/good", f"{OURS}/evil", False),
        (f"{OURS}/good", OURS, False),
        (OURS, f"{OURS}:8443", False),
        (OURS, "http://openeo.ours.example", False),
        (OURS, "https://openeo.ours.example.evil.example", False),
        (OURS, "https://evil.example/openeo.ours.example", False),
        ("http://openeo.ours.example", "http://openeo.ours.example", True),
        ("not an address", OURS, False),
        ("", OURS, False),
    ],
)
def test_it_vouches_for_what_lies_below_a_listed_address(
    listed: str, address: str, *, vouched: bool
) -> None:
    assert ListedBackends(lambda: [listed]).vouches_for(address) == vouched


def test_a_server_hands_its_list_to_the_processes_it_starts(
    backend: Backend, signed_in: Callable[..., BackendSession], sessions: Sessions
) -> None:
    # Given: a login that nobody has agreed to use here
    signed_in(backend).withdraw()
    script = (
        "import sys\nfrom jupyter_openeo_artifacts.backends.session_registry import Sessions\n"
        "session = Sessions().open(sys.argv[1])\nprint(session.state, session.approved())"
    )
    assert run_python(script, backend.url).split() == ["signed_out", "None"]
    # When
    hand_to_kernels([backend.url, "https://other.example"])
    # Then
    assert run_python(script, backend.url).split() == ["signed_in", "administrator"]
