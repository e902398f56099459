"""Jobs that had not begun when their process ended."""

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

from jupyter_openeo_artifacts.records.exceptions import RecordsUnusable
from jupyter_openeo_artifacts.staging import ticket
from jupyter_openeo_artifacts.staging.recovery import Root
from jupyter_openeo_artifacts.staging.target import ConnectionTarget
from jupyter_openeo_artifacts.staging.wish import RootFile, Wish
from jupyter_openeo_artifacts.transfer.journal import Journal
from jupyter_openeo_artifacts.transfer.source import FileSource
from tests.limits import AT_MOST
from tests.servers.provider import abort_all, connected
from tests.staging.left import Away, kept, queue

if TYPE_CHECKING:
    from jupyter_openeo_artifacts.demo.provider import LocalProvider
    from jupyter_openeo_artifacts.staging.job import JobView
    from jupyter_openeo_artifacts.staging.stager import Stager
    from jupyter_openeo_artifacts.staging.target import Target


@pytest.fixture(scope="module")
def target(provider: LocalProvider) -> ConnectionTarget:
    abort_all(provider)
    return ConnectionTarget(connected(provider))


@pytest.fixture
def root(tmp_path: Path) -> Root:
    folder = tmp_path / "root"
    folder.mkdir()
    return Root(str(folder), lambda path: FileSource.from_path(folder / path))


def stage(stager: Stager, target: Target, root: Root, name: str, *, reuse: bool = True) -> JobView:
    path = Path(root.folder) / name
    if not path.exists():
        path.write_bytes(secrets.token_bytes(1000))
    opener = partial(FileSource.from_path, path)
    place = RootFile(root.folder, name)
    return stager.stage(
        target, opener, name=name, size=1000, origin="contents", reuse=reuse, contents=place
    )


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def until(condition) -> None:
    end = time.monotonic() + AT_MOST
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_job_is_on_disk_before_anybody_hears_of_it(tmp_path: Path, root: Root) -> None:
    with queue(tmp_path) as stager:
        # Given
        seen: list[list[Path]] = []
        stager.listen(lambda _: seen.append(kept()))
        # When
        job = stage(stager, Away(), root, "a.tif")
        # Then
        (ticket,) = seen[0]
        assert ticket.name == f"{job.id}.jsonl"
        modes = [path.stat().st_mode & 0o777 for path in (ticket, ticket.parent)]
        assert modes == [0o600, 0o700]
        (line,) = ticket.read_text().splitlines()
        assert set(json.loads(line)) - {"version"} == set(Wish.__dataclass_fields__)


def test_queued_jobs_come_back_in_their_order(
    target: ConnectionTarget, tmp_path: Path, root: Root
) -> None:
    # Given
    with queue(tmp_path, workers=1) as stager:
        drop, spool = stager.receive(Away(target), name="d", size=500, origin="browser")
        queued = [stage(stager, Away(target), root, f"{each}.tif") for each in range(5)]
        content = secrets.token_bytes(500)
        spool.append(content[:200])
        assert len(kept()) == 6
    assert stager.arrived(queued[-1].id).state == "queued"  # as a request says that still runs
    with queue(tmp_path, workers=1) as stager:
        begun: list[str] = []
        stager.listen(lambda view: view.state == "uploading" and begun.append(view.id))
        # When
        again = stager.recover(target, root)
        # Then
        assert [each.id for each in again] == [drop.id, *(each.id for each in queued)]
        assert [each.state for each in again] == ["receiving", *["queued"] * 5]
        assert again[0].bytes_received == 200
        assert stager.recover(target, root) == []
        stager.spool(drop.id).append(content[200:])
        stager.arrived(drop.id)
        ended = [stager.wait(each.id, 30) for each in again]
        assert {each.state for each in ended} == {"staged"}
        assert [each for each in dict.fromkeys(begun) if each != drop.id] == [
            each.id for each in queued
        ]
        records = [stager.ledger.get(each.artifact) for each in ended]
        contents = [content, *((Path(root.folder) / each.name).read_bytes() for each in queued)]
        assert [each.sha256 for each in records] == [sha256(each) for each in contents]
        assert len(stager.ledger.list()) == 6
        until(lambda: kept() + kept("spool") + kept("journals") == [])


def test_what_was_cancelled_does_not_come_back(tmp_path: Path, root: Root) -> None:
    # Given
    with queue(tmp_path, workers=1) as stager:
        jobs = [stage(stager, Away(), root, f"{each}.tif") for each in range(2)]
        jobs += [stager.receive(Away(), name="d", size=9, origin="browser")[0] for _ in range(20)]
        left: list[bool] = []

        def listen(view: JobView) -> None:
            if view.state == "cancelled":
                left.append(f"{view.id}.jsonl" in [path.name for path in kept()])

        stager.listen(listen)
        # When: some run, some wait
        for each in jobs:
            stager.cancel(each.id)
        # Then
        until(lambda: len(left) == 22)
        assert not any(left)
    assert kept() == []


def test_a_failed_job_is_tried_again_by_the_successor(
    target: ConnectionTarget, tmp_path: Path, root: Root
) -> None:
    # Given
    content = secrets.token_bytes(500)
    with queue(tmp_path) as stager:
        file = stage(stager, Away(target, fails=True), root, "a.tif")
        forgotten = stage(stager, Away(target, fails=True), root, "b.tif")
        drop, spool = stager.receive(Away(target, fails=True), name="d", size=500, origin="browser")
        half, _ = stager.receive(Away(target, fails=True), name="h", size=500, origin="browser")
        spool.append(content)
        stager.arrived(drop.id)
        for each in (file, forgotten, drop, half):
            assert stager.wait(each.id, 20).can_retry
        stager.forget(forgotten.id)
    with queue(tmp_path) as stager:
        # When
        again = stager.recover(target, root)
        # Then
        assert [each.id for each in again] == [file.id, drop.id, half.id]
        ended = [stager.wait(each.id, 30) for each in again[:2]]
        assert [each.state for each in ended] == ["staged", "staged"]
        assert stager.ledger.get(ended[1].artifact).sha256 == sha256(content)
        stager.cancel(half.id)
    assert kept() + kept("spool") == []


def test_a_retry_after_a_cancel_that_came_too_late_is_kept(tmp_path: Path, root: Root) -> None:
    with queue(tmp_path) as stager:
        # Given: its ticket went with the cancel, and then it failed
        job = stage(stager, Away(fails=True), root, "a.tif")
        stager.wait(job.id, 20)
        kept()[0].unlink()
        stager._jobs.get(job.id).ticket.remove()
        # When
        stager.retry(job.id)
        # Then
        assert [path.name for path in kept()] == [f"{job.id}.jsonl"]


def test_a_file_of_another_root_waits_for_its_server(tmp_path: Path, root: Root) -> None:
    # Given
    with queue(tmp_path) as stager:
        job = stage(stager, Away(), root, "a.tif")
    with queue(tmp_path) as stager:
        # When / Then: nobody stages another file of the same path
        assert stager.recover(Away(), replace(root, folder="/elsewhere")) == []
        assert stager.recover(Away()) == []
        assert [each.id for each in stager.recover(Away(), root)] == [job.id]


def test_a_wish_for_a_new_copy_is_still_one(
    target: ConnectionTarget, tmp_path: Path, root: Root
) -> None:
    # Given: the same file is in storage
    with queue(tmp_path) as stager:
        stager.wait(stage(stager, target, root, "a.tif").id, 30)
        anew = stage(stager, Away(target), root, "a.tif", reuse=False)
        same = stage(stager, Away(target), root, "a.tif")
    with queue(tmp_path) as stager:
        # When
        stager.recover(target, root)
        # Then
        assert [stager.wait(each.id, 30).reused for each in (anew, same)] == [False, True]
        assert len(stager.ledger.list()) == 2


def test_a_disk_without_room_for_a_ticket_stops_nothing(
    target: ConnectionTarget, tmp_path: Path, root: Root, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given
    def full(*_: object, **__: object) -> None:
        raise RecordsUnusable("no room")

    with queue(tmp_path) as stager:
        monkeypatch.setattr(ticket, "write_private", full)
        # When
        job = stage(stager, target, root, "a.tif")
        # Then
        assert kept() == []
        assert stager.wait(job.id, 30).state == "staged"


def test_the_ticket_goes_before_the_journal(
    target: ConnectionTarget, tmp_path: Path, root: Root, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed between the two, a job that wants a new copy would be staged twice."""
    # Given
    at_the_end: list[list[Path]] = []
    remove = Journal.remove

    def removing(journal: Journal) -> None:
        at_the_end.append(kept())
        remove(journal)

    monkeypatch.setattr(Journal, "remove", removing)
    with queue(tmp_path) as stager:
        # When
        stager.wait(stage(stager, target, root, "a.tif", reuse=False).id, 30)
    # Then
    assert at_the_end == [[]]
