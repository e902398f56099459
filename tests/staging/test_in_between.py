"""Something answers in the storage's place while an upload is on its way."""

from __future__ import annotations

import secrets
from functools import partial
from typing import TYPE_CHECKING

import pytest

from jupyter_openeo_artifacts import S3STSConfig, build_artifact_helper
from jupyter_openeo_artifacts.sources.source import FileSource
from jupyter_openeo_artifacts.staging import upload_runner as sending
from jupyter_openeo_artifacts.staging.target import ConnectionTarget
from jupyter_openeo_artifacts.transfer.config import TransferConfig
from tests.servers.provider import abort_all, connected
from tests.transfer.line import Fault, Line

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from jupyter_openeo_artifacts.artifacts.helper import S3STSArtifactHelper
    from jupyter_openeo_artifacts.demo.provider import LocalProvider
    from jupyter_openeo_artifacts.staging.manager import UploadManager
    from jupyter_openeo_artifacts.staging.upload_spec import UploadView

PART = TransferConfig().part_size
PARTS = 4
PLACES = {
    "ingress": (404, "text/plain", b"default backend - 404"),
    "firewall": (403, "text/html", b"<html>Request blocked</html>"),
    "log-in page": (302, "text/html", b"<html>Log in</html>"),
    "network": (511, "text/html", b"<html>Log in</html>"),
}


def answer(status: int, kind: str, body: bytes) -> bytes:
    head = (
        f"HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
        "Location: /login\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + body


class BehindALine(ConnectionTarget):
    """A target whose storage is reached by a line that can be disturbed."""

    def __init__(self, provider: LocalProvider, line: Line) -> None:
        self._made: S3STSArtifactHelper | None = None
        self._config = S3STSConfig(s3_endpoint=line.endpoint)
        super().__init__(connected(provider))

    def helper(self) -> S3STSArtifactHelper:
        self._made = self._made or build_artifact_helper(self._connection, self._config)
        return self._made


@pytest.fixture
def line(provider: LocalProvider) -> Iterator[Line]:
    abort_all(provider)
    made = Line(int(provider.s3.rpartition(":")[2]))
    yield made
    made.close()
    abort_all(provider)


@pytest.fixture
def no_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "PATIENCE", 0.0)


def stage(upload_manager: UploadManager, target: ConnectionTarget, path: Path) -> UploadView:
    path.write_bytes(secrets.token_bytes(PARTS * PART))
    opener = partial(FileSource.from_path, path)
    return upload_manager.stage(target, opener, name=path.name, size=PARTS * PART, origin="api")


@pytest.mark.parametrize("place", PLACES)
def test_an_upload_goes_on_by_itself_when_the_storage_answers_again(
    upload_manager: UploadManager, provider: LocalProvider, line: Line, tmp_path: Path, place: str
) -> None:
    # Given: six times, something else answers a part
    line.add(Fault("answer", rb"PUT .*partNumber", times=6, answer=answer(*PLACES[place])))
    # When
    upload = stage(
        upload_manager, BehindALine(provider, line), tmp_path / f"{secrets.token_hex(4)}.bin"
    )
    # Then
    assert upload_manager.wait(upload.id, 120).state == "staged"
    assert line.count(rb"POST .*\?uploads") == 1


@pytest.mark.usefixtures("no_patience")
@pytest.mark.parametrize("place", PLACES)
def test_an_upload_that_failed_so_sends_no_stored_part_again(
    upload_manager: UploadManager, provider: LocalProvider, line: Line, tmp_path: Path, place: str
) -> None:
    # Given: all parts are stored, and there is no patience for what answers then
    complete = line.add(
        Fault("answer", rb"POST .*uploadId", times=999, answer=answer(*PLACES[place]))
    )
    upload = stage(
        upload_manager, BehindALine(provider, line), tmp_path / f"{secrets.token_hex(4)}.bin"
    )
    failed = upload_manager.wait(upload.id, 120)
    assert failed.state == "failed"
    assert failed.problem is not None
    assert failed.problem.code == "network_intermediary"
    assert "network wants a login" in failed.problem.todo
    assert line.count(rb"PUT .*partNumber") == PARTS
    assert line.count(rb"DELETE ") == 0
    # When: the storage answers for itself
    complete.times = 0
    upload_manager.retry(upload.id)
    # Then
    assert upload_manager.wait(upload.id, 120).state == "staged"
    assert line.count(rb"PUT .*partNumber") == PARTS
    assert line.count(rb"POST .*\?uploads") == 1
