"""A spool whose file is closed while it rests, and cannot be opened, or not as it was."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING
from unittest.mock import patch

import pytest

from jupyter_openeo_artifacts.errors import MachineExhausted
from jupyter_openeo_artifacts.journal.journal import Journal
from jupyter_openeo_artifacts.journal.replay import JournalHeader
from jupyter_openeo_artifacts.s3.server_clock import ServerClock
from jupyter_openeo_artifacts.sources import shared_fd
from jupyter_openeo_artifacts.sources.exceptions import (
    SpoolClosed,
    SpoolError,
)
from jupyter_openeo_artifacts.sources.spool_file import SpoolFile
from jupyter_openeo_artifacts.sources.spool_source import SpoolSource
from jupyter_openeo_artifacts.transfer.config import TransferConfig
from jupyter_openeo_artifacts.transfer.upload import upload_object
from tests.faults import objects
from tests.faults.clients import credentials_of, our_client
from tests.faults.stub import BUCKET, Stub
from tests.support.uploads import Observer

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from jupyter_openeo_artifacts.sources.spool import Spool


def resting(spool: Spool) -> None:
    """Close its file until it is used again, as many others that were used since do."""
    with patch.object(shared_fd, "affordable", lambda *_: 0):
        SpoolSource(spool).read(0, 1)


def fail_opening(monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    def refuse(*_: object, **__: object) -> int:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "open", refuse)


@pytest.mark.parametrize("code", [errno.EMFILE, errno.ENFILE, errno.ENOMEM])
def test_bytes_for_which_there_is_no_descriptor_are_read_later(
    spool, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    # Given
    spool.append(b"abc")
    resting(spool)
    with monkeypatch.context() as patched:
        fail_opening(patched, code)
        # When / Then
        with pytest.raises(MachineExhausted, match=r"limit of (open files|memory)") as caught:
            SpoolSource(spool).read(0, 3)
        assert caught.value.todo
    assert SpoolSource(spool).read(0, 3) == b"abc"


def test_a_disk_that_fails_is_said_to_a_reader(spool, monkeypatch: pytest.MonkeyPatch) -> None:
    # Given
    spool.append(b"abc")
    resting(spool)
    with monkeypatch.context() as patched:
        fail_opening(patched, errno.EIO)
        # When / Then
        with pytest.raises(SpoolError, match="cannot read the bytes that arrived: Input/output"):
            SpoolSource(spool).read(0, 3)


@pytest.mark.parametrize("use", ["read", "append"])
def test_a_file_that_somebody_removed_is_said_to_be_gone(spool, use: str) -> None:
    # Given
    spool.append(b"abc")
    resting(spool)
    spool.path.unlink()
    # When / Then
    with pytest.raises(SpoolError, match="no longer on the disk") as caught:
        spool.append(b"d") if use == "append" else SpoolSource(spool).read(0, 3)
    assert caught.value.todo == "Send the file again."


def test_a_spool_that_is_closed_under_a_reader_says_why(
    spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given: it is thrown away when the reader has its file in hand
    spool.append(b"abc")
    use = SpoolFile.use

    def late(file: SpoolFile) -> AbstractContextManager[int]:
        spool.remove()
        return use(file)

    monkeypatch.setattr(SpoolFile, "use", late)
    # When / Then
    with pytest.raises(SpoolClosed):
        SpoolSource(spool).read(0, 3)


def test_parts_in_storage_outlive_a_want_of_descriptors(
    spool, tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given: once one part is stored, no file can be opened
    monkeypatch.setattr(objects, "MIN_PART", 1)
    folder = tmp_path / "journals"
    folder.mkdir()
    clock = ServerClock()

    def begun() -> Journal:
        found = [Journal.take(each) for each in folder.iterdir()]
        header = JournalHeader("host", BUCKET, "me/a", "a/b", 100, SpoolSource(spool).identity, {})
        return found[0] if found and found[0] else Journal.begin(folder, header, part_size=60)

    with Stub() as storage, monkeypatch.context() as patched:
        client = our_client(storage, credentials_of(storage, clock), clock)

        def run_out(_: int) -> None:
            resting(spool)
            fail_opening(patched, errno.EMFILE)

        def upload(on_progress=lambda _: None):
            return upload_object(
                client,
                bucket=BUCKET,
                key="me/a",
                source=SpoolSource(spool),
                content_type="a/b",
                observer=Observer(on_progress),
                config=TransferConfig(in_flight=1, watch_every=60.0),
                journal=begun(),
            )

        spool.append(bytes(range(100)))
        # When
        with pytest.raises(MachineExhausted):
            upload(run_out)
        # Then
        patched.undo()
        assert len(list(folder.iterdir())) == 1
        # When: there are descriptors again
        upload()
        # Then: no part went twice
        assert [each.part for each in storage.seen if each.operation == "UploadPart"] == [1, 2]
        assert storage.objects.objects["me/a"]
