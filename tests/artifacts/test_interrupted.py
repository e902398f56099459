"""An interrupted upload goes on, whoever sends the same file next; what is owed is paid."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import secrets
import time
from datetime import datetime, timezone
from typing import TYPE_CHECKING

import pytest

from jupyter_openeo_artifacts import build_artifact_helper
from jupyter_openeo_artifacts.artifacts import resume as module
from jupyter_openeo_artifacts.concurrency.cancellation import CancelToken
from jupyter_openeo_artifacts.errors import Cancelled
from jupyter_openeo_artifacts.journal.journal import FORGOTTEN_AFTER, Journal, headers_in
from jupyter_openeo_artifacts.sources.source import FileSource
from jupyter_openeo_artifacts.state.files import state_folder
from jupyter_openeo_artifacts.state.ledger import Ledger
from jupyter_openeo_artifacts.state.staged_record import StagedRecord
from tests.servers.provider import abort_all, connected
from tests.support.uploads import Observer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from jupyter_openeo_artifacts.artifacts.helper import S3STSArtifactHelper
    from jupyter_openeo_artifacts.artifacts.uploader import UploadResult
    from jupyter_openeo_artifacts.demo.provider import LocalProvider
    from jupyter_openeo_artifacts.journal.replay import JournalHeader

MIB = 1024**2


@pytest.fixture(autouse=True)
def _none_stays(provider: LocalProvider) -> Iterator[None]:
    yield
    abort_all(provider)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "model.onnx"
    path.write_bytes(secrets.token_bytes(40 * MIB))
    return path


def journals() -> list[Path]:
    return [path for path, _ in headers_in(state_folder("journals"))]


def upload(helper: S3STSArtifactHelper, file: Path, **more) -> UploadResult:
    source = FileSource.from_path(file)
    try:
        return helper.upload(source, file.name, **more)
    finally:
        source.close()


def interrupt(helper: S3STSArtifactHelper, file: Path, *, suspend: bool = True) -> str:
    """Stop after two parts as a process that ends does; return the key."""
    cancel = CancelToken()

    def enough(stored: int) -> None:
        if stored >= 16 * MIB:
            (cancel.suspend if suspend else cancel.cancel)()

    with pytest.raises(Cancelled):
        upload(helper, file, cancel=cancel, observer=Observer(enough))
    ((_, header),) = headers_in(state_folder("journals"))
    return header.key


def unfinished(provider: LocalProvider, key: str) -> list[str]:
    found = provider.storage.administrator().list_multipart_uploads(Bucket=provider.bucket)
    return [each["UploadId"] for each in found.get("Uploads", []) if each["Key"] == key]


def until(condition, seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_the_same_file_goes_on_where_it_stood(
    helper: S3STSArtifactHelper, provider: LocalProvider, file: Path
) -> None:
    # Given
    key = interrupt(helper, file)
    told: list[int] = []
    noted: list[UploadResult] = []
    # When: another process would build a helper of its own
    stored = upload(
        build_artifact_helper(connected(provider)),
        file,
        observer=Observer(told.append),
        on_stored=noted.append,
    )
    # Then
    assert (stored.uri.key, stored.resumed) == (key, True)
    assert noted == [stored]
    assert stored.sha256 == hashlib.sha256(file.read_bytes()).hexdigest()
    found = provider.storage.administrator().get_object(Bucket=provider.bucket, Key=key)
    assert hashlib.sha256(found["Body"].read()).hexdigest() == stored.sha256
    assert (journals(), unfinished(provider, key)) == ([], [])


def test_another_content_name_or_user_does_not_go_on(
    helper: S3STSArtifactHelper, provider: LocalProvider, file: Path
) -> None:
    # Given
    key = interrupt(helper, file)
    # When
    renamed = helper.upload(FileSource.from_path(file), "other.onnx")
    by_bob = upload(build_artifact_helper(connected(provider, "bob")), file)
    with file.open("r+b") as changed:
        changed.write(b"changed")
    anew = upload(helper, file)
    # Then
    assert key not in {renamed.uri.key, by_bob.uri.key, anew.uri.key}
    assert not any(each.resumed for each in (renamed, by_bob, anew))
    assert len(journals()) == 1


def test_an_upload_in_another_process_is_let_be(
    helper: S3STSArtifactHelper, provider: LocalProvider, file: Path
) -> None:
    # Given
    key = interrupt(helper, file)
    held = Journal.take(journals()[0])
    # When
    stored = upload(helper, file)
    # Then
    assert held is not None
    assert stored.uri.key != key
    assert unfinished(provider, key) == [held.upload_id]


def test_what_is_owed_is_paid_at_the_next_start(
    helper: S3STSArtifactHelper, provider: LocalProvider, file: Path, tmp_path: Path
) -> None:
    # Given
    key = interrupt(helper, file)
    journal = Journal.take(journals()[0])
    assert journal is not None
    journal.mark_for_cleanup()
    journal.close()
    assert unfinished(provider, key)
    # When
    (tmp_path / "small.txt").write_bytes(b"small")
    build_artifact_helper(connected(provider)).upload_file(tmp_path / "small.txt")
    # Then
    until(lambda: journals() == [])
    assert unfinished(provider, key) == []


def test_what_nobody_goes_on_with_is_taken_away(
    helper: S3STSArtifactHelper, provider: LocalProvider, file: Path, tmp_path: Path
) -> None:
    # Given
    key = interrupt(helper, file)
    long_ago = time.time() - FORGOTTEN_AFTER - 10
    os.utime(journals()[0], (long_ago, long_ago))
    # When
    (tmp_path / "small.txt").write_bytes(b"small")
    build_artifact_helper(connected(provider)).upload_file(tmp_path / "small.txt")
    # Then
    until(lambda: journals() == [])
    assert unfinished(provider, key) == []


def test_what_could_not_be_taken_away_is_no_artifact(
    helper: S3STSArtifactHelper, file: Path, tmp_path: Path
) -> None:
    # Given: an object whose upload has not ended, for all that its journal knows
    interrupt(helper, file)
    kept = journals()[0]
    content = kept.read_bytes()
    stored = upload(helper, file)
    assert stored.uri in [each.uri for each in helper.list()]
    # When
    kept.write_bytes(content + b'{"completing":true}\n{"owed":true}\n')
    # Then
    assert stored.uri not in [each.uri for each in helper.list()]


def test_an_object_stored_just_before_the_kill_is_told_again(
    helper: S3STSArtifactHelper, provider: LocalProvider, file: Path
) -> None:
    """Killed between "stored" and "noted": it is found in storage, and nothing is sent again."""
    # Given
    interrupt(helper, file)
    kept = journals()[0]
    content = kept.read_bytes()
    first = upload(helper, file)
    kept.write_bytes(content + b'{"completing":true}\n')
    # When
    second = upload(helper, file)
    # Then
    assert (second.uri, second.sha256) == (first.uri, first.sha256)
    assert journals() == []


def long_ago(path: Path) -> None:
    moment = time.time() - FORGOTTEN_AFTER - 10
    os.utime(path, (moment, moment))


def test_a_journal_that_cannot_be_removed_harms_no_artifact(
    helper: S3STSArtifactHelper, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given
    with monkeypatch.context() as patched:

        def fail(path: Path, *, missing_ok: bool = False) -> None:
            raise OSError(path)

        patched.setattr(type(file), "unlink", fail)
        stored = upload(helper, file)
    (left,) = state_folder("journals").iterdir()
    long_ago(left)
    # When
    helper.settle()
    # Then
    assert helper.verify(stored.uri).there
    assert stored.uri in [each.uri for each in helper.list()]
    assert list(state_folder("journals").iterdir()) == []


@pytest.mark.parametrize("age", ["a day", "a moment"])
def test_an_artifact_on_the_ledger_is_never_taken_away(
    helper: S3STSArtifactHelper, file: Path, age: str
) -> None:
    # Given: killed after it was noted, before its journal was removed
    interrupt(helper, file)
    kept = journals()[0]
    content = kept.read_bytes()
    stored = upload(helper, file)
    Ledger().add(
        StagedRecord(
            id="0" * 26,
            name=file.name,
            uri=str(stored.uri),
            backend="https://openeo.example",
            connection="0" * 16,
            provider="s3",
            size=stored.size,
            sha256=stored.sha256,
            content_type="a/b",
            origin="api",
            staged_at=datetime.now(timezone.utc),
        )
    )
    kept.write_bytes(content + b'{"completing":true}\n')
    if age == "a day":
        long_ago(kept)
    # When
    helper.settle()
    # Then
    assert journals() == []
    assert helper.verify(stored.uri).there


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b'{"version":1,"endp',
        b"[" * 100_000 + b"\n",
        b'{"version":1}\n',
        (
            b'{"version":1,"endpoint":"h","bucket":"b","key":"k","content_type":"t","size":-1,'
            b'"identity":[],"about":{}}\n'
        ),
    ],
    ids=["empty", "torn", "deep", "strange", "negative"],
)
def test_a_damaged_journal_stops_nobody(
    helper: S3STSArtifactHelper, tmp_path: Path, content: bytes
) -> None:
    # Given
    damaged = state_folder("journals") / "01.jsonl"
    damaged.write_bytes(content)
    long_ago(damaged)
    (tmp_path / "a.txt").write_bytes(b"a")
    # When
    uri = helper.upload_file(tmp_path / "a.txt", reuse=False)
    helper.settle()
    # Then
    assert uri in [each.uri for each in helper.list()]
    assert damaged.exists() == content.endswith(b"}\n")
    damaged.unlink(missing_ok=True)


@pytest.mark.parametrize(
    "kept_line",
    [b'{"plan":"t","part_size":0}', b'{"plan":"a\\nb: c","part_size":8388608}', b'{"part":{}}'],
)
def test_a_plan_that_cannot_be_is_none(
    helper: S3STSArtifactHelper, file: Path, kept_line: bytes
) -> None:
    # Given
    interrupt(helper, file)
    kept = journals()[0]
    kept.write_bytes(kept.read_bytes().splitlines()[0] + b"\n" + kept_line + b"\n")
    # When
    stored = upload(helper, file)
    # Then
    assert stored.sha256 == hashlib.sha256(file.read_bytes()).hexdigest()
    assert not stored.resumed
    assert journals() == []


def test_a_journal_that_became_another_uploads_is_let_be(
    helper: S3STSArtifactHelper,
    provider: LocalProvider,
    file: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Small uploads use a file one after the other: between a look and the taking it may change."""
    # Given
    key = interrupt(helper, file)
    (kept,) = journals()
    header = first_header(kept)
    folder, name = key.rsplit("/", 2)[0], key.rsplit("/", 1)[1]
    other = dataclasses.replace(header, key=f"{folder}/0123456789/{name}")
    monkeypatch.setattr(module, "headers_in", lambda *_, **__: iter([(kept, other)]))
    long_ago = time.time() - FORGOTTEN_AFTER - 10
    os.utime(kept, (long_ago, long_ago))
    # When
    helper.settle()
    stored = upload(helper, file)
    # Then
    assert stored.uri.key != key
    assert journals() == [kept]
    assert unfinished(provider, key)


def first_header(path: Path) -> JournalHeader:
    found = dict(headers_in(path.parent))[path]
    assert found is not None
    return found
