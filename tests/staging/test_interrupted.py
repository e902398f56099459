"""Uploads that had not begun when their process ended."""

from __future__ import annotations

import hashlib
import json
import secrets
import time
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from jupyter_openeo_artifacts.errors import RecordsUnusable
from jupyter_openeo_artifacts.journal.journal import Journal
from jupyter_openeo_artifacts.sources.source import FileSource
from jupyter_openeo_artifacts.staging import upload_record
from jupyter_openeo_artifacts.staging.recovery import Root
from jupyter_openeo_artifacts.staging.upload_record import UploadRecord
from jupyter_openeo_artifacts.staging.upload_spec import ContentsFile, UploadSpec
from tests.limits import AT_MOST
from tests.servers.provider import abort_all
from tests.staging.left import Away, kept, queue

if TYPE_CHECKING:
    from jupyter_openeo_artifacts.demo.provider import LocalProvider
    from jupyter_openeo_artifacts.staging.manager import UploadManager
    from jupyter_openeo_artifacts.staging.target import ConnectionTarget, Target
    from jupyter_openeo_artifacts.staging.upload_spec import UploadView


@pytest.fixture(scope="module", autouse=True)
def _none_was_begun(provider: LocalProvider) -> None:
    abort_all(provider)


@pytest.fixture
def root(tmp_path: Path) -> Root:
    folder = tmp_path / "root"
    folder.mkdir()
    return Root(str(folder), lambda path: FileSource.from_path(folder / path))


def stage(
    upload_manager: UploadManager, target: Target, root: Root, name: str, *, reuse: bool = True
) -> UploadView:
    path = Path(root.folder) / name
    if not path.exists():
        path.write_bytes(secrets.token_bytes(1000))
    opener = partial(FileSource.from_path, path)
    place = ContentsFile(root.folder, name)
    return upload_manager.stage(
        target, opener, name=name, size=1000, origin="contents", reuse=reuse, contents=place
    )


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def until(condition) -> None:
    end = time.monotonic() + AT_MOST
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_an_upload_is_on_disk_before_anybody_hears_of_it(tmp_path: Path, root: Root) -> None:
    with queue(tmp_path) as upload_manager:
        # Given
        seen: list[list[Path]] = []
        upload_manager.listen(lambda _: seen.append(kept()))
        # When
        upload = stage(upload_manager, Away(), root, "a.tif")
        # Then
        (upload_record,) = seen[0]
        assert upload_record.name == f"{upload.id}.jsonl"
        modes = [path.stat().st_mode & 0o777 for path in (upload_record, upload_record.parent)]
        assert modes == [0o600, 0o700]
        (line,) = upload_record.read_text().splitlines()
        assert set(json.loads(line)) - {"version"} == set(UploadSpec.__dataclass_fields__)


def test_queued_uploads_come_back_in_their_order(
    target: ConnectionTarget, tmp_path: Path, root: Root
) -> None:
    # Given
    with queue(tmp_path, workers=1) as upload_manager:
        drop, spool = upload_manager.receive(Away(target), name="d", size=500, origin="browser")
        queued = [stage(upload_manager, Away(target), root, f"{each}.tif") for each in range(5)]
        content = secrets.token_bytes(500)
        spool.append(content[:200])
        assert len(kept()) == 6
    assert (
        upload_manager.arrived(queued[-1].id).state == "queued"
    )  # as a request says that still runs
    with queue(tmp_path, workers=1) as upload_manager:
        begun: list[str] = []
        upload_manager.listen(lambda view: view.state == "uploading" and begun.append(view.id))
        # When
        again = upload_manager.recover(target, root)
        # Then
        assert [each.id for each in again] == [drop.id, *(each.id for each in queued)]
        assert [each.state for each in again] == ["receiving", *["queued"] * 5]
        assert again[0].bytes_received == 200
        assert upload_manager.recover(target, root) == []
        upload_manager.spool(drop.id).append(content[200:])
        upload_manager.arrived(drop.id)
        ended = [upload_manager.wait(each.id, 30) for each in again]
        assert {each.state for each in ended} == {"staged"}
        assert [each for each in dict.fromkeys(begun) if each != drop.id] == [
            each.id for each in queued
        ]
        records = [upload_manager.ledger.get(each.artifact) for each in ended]
        contents = [content, *((Path(root.folder) / each.name).read_bytes() for each in queued)]
        assert [each.sha256 for each in records] == [sha256(each) for each in contents]
        assert len(upload_manager.ledger.list()) == 6
        until(lambda: kept() + kept("spool") + kept("journals") == [])


def test_what_was_cancelled_does_not_come_back(tmp_path: Path, root: Root) -> None:
    # Given
    with queue(tmp_path, workers=1) as upload_manager:
        uploads = [stage(upload_manager, Away(), root, f"{each}.tif") for each in range(2)]
        uploads += [
            upload_manager.receive(Away(), name="d", size=9, origin="browser")[0] for _ in range(20)
        ]
        left: list[bool] = []

        def listen(view: UploadView) -> None:
            if view.state == "cancelled":
                left.append(f"{view.id}.jsonl" in [path.name for path in kept()])

        upload_manager.listen(listen)
        # When: some run, some wait
        for each in uploads:
            upload_manager.cancel(each.id)
        # Then
        until(lambda: len(left) == 22)
        assert not any(left)
    assert kept() == []


def test_a_failed_upload_is_tried_again_by_the_successor(
    target: ConnectionTarget, tmp_path: Path, root: Root
) -> None:
    # Given
    content = secrets.token_bytes(500)
    with queue(tmp_path) as upload_manager:
        file = stage(upload_manager, Away(target, fails=True), root, "a.tif")
        forgotten = stage(upload_manager, Away(target, fails=True), root, "b.tif")
        drop, spool = upload_manager.receive(
            Away(target, fails=True), name="d", size=500, origin="browser"
        )
        half, _ = upload_manager.receive(
            Away(target, fails=True), name="h", size=500, origin="browser"
        )
        spool.append(content)
        upload_manager.arrived(drop.id)
        for each in (file, forgotten, drop, half):
            assert upload_manager.wait(each.id, 20).can_retry
        upload_manager.forget(forgotten.id)
    with queue(tmp_path) as upload_manager:
        # When
        again = upload_manager.recover(target, root)
        # Then
        assert [each.id for each in again] == [file.id, drop.id, half.id]
        ended = [upload_manager.wait(each.id, 30) for each in again[:2]]
        assert [each.state for each in ended] == ["staged", "staged"]
        assert upload_manager.ledger.get(ended[1].artifact).sha256 == sha256(content)
        upload_manager.cancel(half.id)
    assert kept() + kept("spool") == []


def test_a_retry_after_a_cancel_that_came_too_late_is_kept(
    tmp_path: Path, root: Root, monkeypatch: pytest.MonkeyPatch
) -> None:
    issued, issue = [], UploadRecord.issue

    def note(spec: UploadSpec) -> UploadRecord:
        issued.append(issue(spec))
        return issued[-1]

    monkeypatch.setattr(UploadRecord, "issue", note)
    with queue(tmp_path) as upload_manager:
        # Given: its record went with the cancel, and then it failed
        upload = stage(upload_manager, Away(fails=True), root, "a.tif")
        upload_manager.wait(upload.id, 20)
        issued[0].remove()
        assert kept() == []
        # When
        upload_manager.retry(upload.id)
        # Then
        assert [path.name for path in kept()] == [f"{upload.id}.jsonl"]


def test_a_file_of_another_root_waits_for_its_server(tmp_path: Path, root: Root) -> None:
    # Given
    with queue(tmp_path) as upload_manager:
        upload = stage(upload_manager, Away(), root, "a.tif")
    with queue(tmp_path) as upload_manager:
        # When / Then: nobody stages another file of the same path
        assert upload_manager.recover(Away(), replace(root, folder="/elsewhere")) == []
        assert upload_manager.recover(Away()) == []
        assert [each.id for each in upload_manager.recover(Away(), root)] == [upload.id]


def test_a_wish_for_a_new_copy_is_still_one(
    target: ConnectionTarget, tmp_path: Path, root: Root
) -> None:
    # Given: the same file is in storage
    with queue(tmp_path) as upload_manager:
        upload_manager.wait(stage(upload_manager, target, root, "a.tif").id, 30)
        anew = stage(upload_manager, Away(target), root, "a.tif", reuse=False)
        same = stage(upload_manager, Away(target), root, "a.tif")
    with queue(tmp_path) as upload_manager:
        # When
        upload_manager.recover(target, root)
        # Then
        assert [upload_manager.wait(each.id, 30).reused for each in (anew, same)] == [False, True]
        assert len(upload_manager.ledger.list()) == 2


def test_a_disk_without_room_for_a_ticket_stops_nothing(
    target: ConnectionTarget, tmp_path: Path, root: Root, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given
    def full(*_: object, **__: object) -> None:
        raise RecordsUnusable("no room")

    with queue(tmp_path) as upload_manager:
        monkeypatch.setattr(upload_record, "write_private", full)
        # When
        upload = stage(upload_manager, target, root, "a.tif")
        # Then
        assert kept() == []
        assert upload_manager.wait(upload.id, 30).state == "staged"


def test_the_ticket_goes_before_the_journal(
    target: ConnectionTarget, tmp_path: Path, root: Root, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed between the two, an upload that wants a new copy would be staged twice."""
    # Given
    at_the_end: list[list[Path]] = []
    remove = Journal.remove

    def removing(journal: Journal) -> None:
        at_the_end.append(kept())
        remove(journal)

    monkeypatch.setattr(Journal, "remove", removing)
    with queue(tmp_path) as upload_manager:
        # When
        upload_manager.wait(stage(upload_manager, target, root, "a.tif", reuse=False).id, 30)
    # Then
    assert at_the_end == [[]]
