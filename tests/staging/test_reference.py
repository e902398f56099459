"""The line that signs when it runs."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import requests

from jupyter_openeo_artifacts import build_artifact_helper, presigned_url
from jupyter_openeo_artifacts.login.exceptions import NotSignedIn
from jupyter_openeo_artifacts.login.sessions import Sessions
from tests.servers.provider import connected

if TYPE_CHECKING:
    from pathlib import Path

    from jupyter_openeo_artifacts.demo.provider import LocalProvider

LINE = """
from jupyter_openeo_artifacts import presigned_url
url = presigned_url({uri!r}, backend={backend!r})
print(url)
"""


def test_another_process_signs_with_the_login_kept_on_this_machine(
    provider: LocalProvider, tmp_path: Path
) -> None:
    # Given
    (tmp_path / "a.txt").write_text("content of a")
    session = Sessions().open(provider.backend)
    login = session.start_login()
    provider.approve(login.verification_uri_complete, "alice")
    login.wait(30)
    assert session.state == "signed_in"
    uri = build_artifact_helper(session.openeo()).upload_file(tmp_path / "a.txt")
    # When
    line = LINE.format(uri=str(uri), backend=provider.backend)
    run = subprocess.run(
        [sys.executable, "-c", line],
        env=os.environ,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    # Then
    assert requests.get(run.stdout.strip(), timeout=10).text == "content of a"
    session.sign_out()


def test_a_given_connection_signs(provider: LocalProvider, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("content of a")
    connection = connected(provider)
    uri = build_artifact_helper(connection).upload_file(tmp_path / "a.txt")
    url = presigned_url(uri, connection=connection, expires_in=60)
    assert requests.get(url, timeout=10).text == "content of a"


def test_without_any_login_it_says_what_to_do(provider: LocalProvider) -> None:
    with pytest.raises(NotSignedIn, match="panel"):
        presigned_url("s3://b/k")
    with pytest.raises(NotSignedIn):
        presigned_url("s3://b/k", backend=provider.backend)
