"""What the helper stages is on the list that all ways share, and is reused by all of them."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from functools import partial
from typing import TYPE_CHECKING

import pytest

from jupyter_openeo_artifacts import build_artifact_helper
from jupyter_openeo_artifacts.artifacts.deduplication import records_of
from jupyter_openeo_artifacts.artifacts.uri import S3URI
from jupyter_openeo_artifacts.sources.source import FileSource
from jupyter_openeo_artifacts.staging.artifact import Artifact
from jupyter_openeo_artifacts.staging.manager import UploadManager
from jupyter_openeo_artifacts.staging.target import ConnectionTarget
from jupyter_openeo_artifacts.state.ids import connection_id, first_id
from jupyter_openeo_artifacts.state.ledger import Ledger
from jupyter_openeo_artifacts.state.staged_record import StagedRecord
from tests.servers.provider import connected, tokens

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import openeo

    from jupyter_openeo_artifacts.demo.provider import LocalProvider

IN_A_PROCESS = """
import json, sys, openeo
from jupyter_openeo_artifacts import build_artifact_helper
given = json.loads(sys.stdin.read())
connection = openeo.connect(given["backend"])
connection.authenticate_oidc_access_token(given["token"])
print(build_artifact_helper(connection).upload_file(given["file"]))
"""


@pytest.fixture
def upload_manager() -> Iterator[UploadManager]:
    made = UploadManager()
    yield made
    made.close()


def stage(upload_manager: UploadManager, connection: openeo.Connection, file: Path) -> Artifact:
    """Stage as panel, widget, magic and command line do."""
    target = ConnectionTarget(connection)
    upload = upload_manager.stage(
        target,
        partial(FileSource.from_path, file),
        name=file.name,
        size=file.stat().st_size,
        origin="magic",
    )
    ended = upload_manager.wait(upload.id, 60)
    assert ended.artifact is not None, ended.problem
    return Artifact.of(upload_manager.ledger.get(ended.artifact), target, reused=ended.reused)


def test_what_the_helper_stages_is_on_the_list(provider: LocalProvider, file: Path) -> None:
    # When
    uri = build_artifact_helper(connected(provider)).upload_file(file)
    # Then
    (record,) = Ledger().list()
    assert (record.name, record.uri, record.origin) == (file.name, str(uri), "api")
    assert record.size == file.stat().st_size
    assert record.account == provider.users["alice"].name
    assert record.connection == connection_id(provider.backend)


def test_who_does_not_want_it_there_says_so(provider: LocalProvider, file: Path) -> None:
    # Given
    helper = build_artifact_helper(connected(provider))
    # When
    first = helper.upload_file(file, record=False)
    # Then
    assert Ledger().list() == []
    # When: the same file, and now it is wanted
    assert helper.upload_file(file) == first
    # Then
    assert [record.uri for record in Ledger().list()] == [str(first)]


def test_a_file_is_stored_once_by_whatever_way(
    provider: LocalProvider, file: Path, upload_manager: UploadManager
) -> None:
    # Given
    connection = connected(provider)
    staged = stage(upload_manager, connection, file)
    # When: a helper of this process, and one of another
    uris = [build_artifact_helper(connected(provider)).upload_file(file) for _ in range(2)]
    given = {
        "backend": provider.backend,
        "token": tokens(provider)["access_token"],
        "file": str(file),
    }
    other = subprocess.run(
        [sys.executable, "-c", IN_A_PROCESS],
        input=json.dumps(given),
        env=os.environ,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    # Then
    assert {*map(str, uris), other.stdout.strip()} == {staged.uri}
    assert len(Ledger().list()) == 1
    # When: content changes under the same name
    file.write_bytes(secrets.token_bytes(50_000))
    changed = build_artifact_helper(connection).upload_file(file)
    again = stage(upload_manager, connection, file)
    # Then
    assert str(changed) != staged.uri
    assert (again.uri, again.reused) == (str(changed), True)
    assert len(Ledger().list()) == 2
    assert build_artifact_helper(connection).upload_file(file, reuse=False) != changed


def test_one_backend_known_by_two_addresses_is_one(
    provider: LocalProvider, file: Path, upload_manager: UploadManager
) -> None:
    # Given: the panel came to it by discovery
    staged = stage(upload_manager, connected(provider), file)
    Ledger().forget(staged.id)
    Ledger().add(replace(staged.to_record(), connection="0123456789abcdef", backend="https://a.b"))
    # When / Then
    assert str(build_artifact_helper(connected(provider)).upload_file(file)) == staged.uri
    assert stage(upload_manager, connected(provider), file).reused


def test_nobody_gets_another_accounts_file(provider: LocalProvider, file: Path) -> None:
    # When: two people, one list
    alices = build_artifact_helper(connected(provider, "alice")).upload_file(file)
    bobs = build_artifact_helper(connected(provider, "bob")).upload_file(file)
    # Then
    assert alices != bobs
    owners = {record.uri: record.account for record in Ledger().list()}
    assert owners == {
        str(alices): provider.users["alice"].name,
        str(bobs): provider.users["bob"].name,
    }


def test_what_is_deleted_is_off_the_list(
    provider: LocalProvider, file: Path, upload_manager: UploadManager
) -> None:
    # Given
    helper = build_artifact_helper(connected(provider))
    uri = helper.upload_file(file)
    # When
    helper.delete(uri)
    # Then
    assert Ledger().list() == []
    # When
    artifact = stage(upload_manager, connected(provider), file)
    copy = artifact.download(file.with_name("copy"))
    artifact.delete()
    # Then
    assert copy.read_bytes() == file.read_bytes()
    assert Ledger().list() == []


def test_a_list_that_cannot_be_written_fails_no_upload(
    provider: LocalProvider, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Ledger, "add", full)
    helper = build_artifact_helper(connected(provider))
    assert helper.sign(helper.upload_file(file)).checked


class _Nothing:
    """A memory of a helper that has staged nothing."""

    def sha256_of(self, _: object) -> str:
        return ""


def test_a_checksum_is_looked_up_without_reading_what_is_older(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Given: a list of a year, and one of its last artifacts
    now, ledger = datetime.now(timezone.utc), Ledger()
    uris = {}
    for days in (400, 300, 200, 100, 0):
        at = now - timedelta(days=days)
        uris[days] = f"s3://bucket/me/{at:%Y/%m/%d}/0123/field.tif"
        ledger.add(
            StagedRecord(
                id=first_id(at)[:-1] + "1",
                name="field.tif",
                uri=uris[days],
                backend="https://a.b",
                connection="0123456789abcdef",
                provider="s3",
                size=1,
                sha256=f"{days:064}",
                content_type="a/b",
                origin="api",
                staged_at=at,
            )
        )
    read, real = [], StagedRecord.from_json.__func__

    def from_json(content: bytes) -> StagedRecord:
        read.append(content)
        return real(StagedRecord, content)

    monkeypatch.setattr(StagedRecord, "from_json", from_json)
    # When / Then
    assert [each.sha256 for each in records_of(S3URI.from_any(uris[0]))] == [f"{0:064}"]
    assert len(read) <= 2
    # And: an old one is found, too
    assert [each.sha256 for each in records_of(S3URI.from_any(uris[400]))] == [f"{400:064}"]
