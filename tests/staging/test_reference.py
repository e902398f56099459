"""The line that signs when it runs."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import openeo
import pytest
import requests

from jupyter_openeo_artifacts import approve_login, build_artifact_helper, presigned_url
from jupyter_openeo_artifacts.artifacts.exceptions import ArtifactNotOwned, LifetimeInvalid
from jupyter_openeo_artifacts.auth.exceptions import NotSignedIn
from jupyter_openeo_artifacts.backends.session_registry import Sessions
from jupyter_openeo_artifacts.errors import OpenEOArtifactsError
from jupyter_openeo_artifacts.sources.source import FileSource
from jupyter_openeo_artifacts.staging.artifact import Artifact
from jupyter_openeo_artifacts.staging.manager import UploadManager
from jupyter_openeo_artifacts.staging.reference import find_record
from jupyter_openeo_artifacts.staging.target import ConnectionTarget
from jupyter_openeo_artifacts.state.ledger import Ledger
from tests.servers.provider import connected, other_backend
from tests.support.logins import sign_in

if TYPE_CHECKING:
    from collections.abc import Iterator
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
    sign_in(session, provider)
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


def test_a_lifetime_that_cannot_be_had_is_said_where_it_was_asked_for(
    provider: LocalProvider, tmp_path: Path
) -> None:
    # Given: sessions of 12 hours
    (tmp_path / "a.txt").write_text("a")
    connection = connected(provider)
    uri = build_artifact_helper(connection).upload_file(tmp_path / "a.txt")
    artifact = Artifact.of(find_record(str(uri)), ConnectionTarget(connection), 600)
    two_days = 2 * 86_400
    for link in (
        lambda: presigned_url(uri, connection=connection, expires_in=two_days),
        lambda: artifact.presigned_url(two_days),
    ):
        # When
        with pytest.warns(UserWarning, match="sessions last at most 12 hours") as told:
            link()
        # Then
        assert [each.filename for each in told] == [__file__]
    # And: no time at all is not another one
    for sign in (artifact.sign, artifact.presigned_url):
        with pytest.raises(LifetimeInvalid):
            sign(0)
    with pytest.raises(LifetimeInvalid):
        presigned_url(uri, connection=connection, expires_in=0)


@contextmanager
def leading_to(address: str) -> Iterator[str]:
    """Serve nothing but the discovery document of an API that lives elsewhere."""

    class Discovery(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            versions = [{"url": address, "api_version": "1.2.0", "production": True}]
            found = self.path == "/.well-known/openeo"
            content = json.dumps({"versions": versions} if found else {}).encode()
            self.send_response(200 if found else 404)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Discovery) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_panel_and_notebook_mean_the_same_backend_behind_discovery(
    provider: LocalProvider,
) -> None:
    with leading_to(provider.backend) as typed:
        session = Sessions().open(typed)
        made_by_hand = ConnectionTarget(openeo.connect(typed))
        assert made_by_hand.id != session.id
        assert made_by_hand.id in session.ids


def test_a_secret_is_shown_to_the_backends_it_is_for(
    provider: LocalProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given
    monkeypatch.setenv("OPENEO_AUTH_METHOD", "client_credentials")
    monkeypatch.setenv("OPENEO_AUTH_CLIENT_ID", provider.service.client_id)
    monkeypatch.setenv("OPENEO_AUTH_CLIENT_SECRET", provider.service.secret)
    # When / Then
    assert Sessions(listed=[provider.backend]).open(provider.backend).state == "signed_in"
    assert Sessions().open(provider.backend).state == "signed_out"


def test_a_link_is_made_where_its_owner_agreed_to_by_the_line_of_the_error(
    provider: LocalProvider, tmp_path: Path
) -> None:
    # Given: signed in through one backend; another one has the same login and the same storage
    (tmp_path / "a.txt").write_text("content of a")
    sign_in(Sessions().open(provider.backend), provider)
    uri = build_artifact_helper(connected(provider)).upload_file(tmp_path / "a.txt")
    advertised = requests.get(provider.backend, timeout=10).json()["artifacts"]
    with other_backend(provider, advertised) as other:
        # When
        with pytest.raises(OpenEOArtifactsError) as refused:
            presigned_url(uri, backend=other)
        # Then
        assert refused.value.code == "login_to_confirm"
        line = re.search(r"jupyter_openeo_artifacts\.(approve_login\(.*?\))", refused.value.todo)
        assert line is not None
        # When: another host is agreed to than the one that would hear of it
        wrong = line[1].replace(provider.s3, "https://other.example")
        with pytest.raises(OpenEOArtifactsError) as other_named:
            eval(wrong, {"approve_login": approve_login})
        # Then
        assert other_named.value.code == "login_destination_changed"
        # When
        eval(line[1], {"approve_login": approve_login})
        # Then
        assert requests.get(presigned_url(uri, backend=other), timeout=10).text == "content of a"


def test_a_given_connection_signs(provider: LocalProvider, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("content of a")
    connection = connected(provider)
    uri = build_artifact_helper(connection).upload_file(tmp_path / "a.txt")
    url = presigned_url(uri, connection=connection, expires_in=60)
    assert requests.get(url, timeout=10).text == "content of a"


def test_a_link_is_only_made_by_whose_artifact_it_is(
    provider: LocalProvider, tmp_path: Path
) -> None:
    # Given
    (tmp_path / "a.txt").write_text("alice's")
    alice = ConnectionTarget(connected(provider, "alice"))
    bob = ConnectionTarget(connected(provider, "bob"))
    upload_manager = UploadManager(Ledger(tmp_path / "ledger"))
    upload = upload_manager.stage(
        alice,
        partial(FileSource.from_path, tmp_path / "a.txt"),
        name="a.txt",
        size=7,
        origin="api",
    )
    staged = upload_manager.wait(upload.id, 30).artifact
    upload_manager.close()
    assert staged is not None
    record = upload_manager.ledger.get(staged)
    # When / Then
    assert requests.get(Artifact.of(record, alice).presigned_url(), timeout=10).ok
    with pytest.raises(ArtifactNotOwned, match="another account"):
        Artifact.of(record, bob).presigned_url()


def test_without_any_login_it_says_what_to_do(provider: LocalProvider) -> None:
    command = "jupyter openeo-artifacts login --backend URL"
    with pytest.raises(NotSignedIn, match=f"panel, or run in a terminal: {command}"):
        presigned_url("s3://b/k")
    login = f"login --backend {provider.backend}"
    with pytest.raises(NotSignedIn, match=f"artifacts panel, or run in a terminal: .*{login}"):
        presigned_url("s3://b/k", backend=provider.backend)
