"""Tickets that a killed process has left, and who takes them."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from jupyter_openeo_artifacts.errors import ResourcesExhausted
from jupyter_openeo_artifacts.staging.recovery import FORGOTTEN_AFTER
from jupyter_openeo_artifacts.staging.upload_record import UploadRecord, is_held_here
from jupyter_openeo_artifacts.state.files import state_folder
from tests.staging.left import Away, kept, left_by_a_kill, queue

if TYPE_CHECKING:
    from collections.abc import Iterator

LATER = ("EMFILE", "ENFILE", "ENOMEM", "EIO", "ESTALE")


def test_what_a_page_alone_can_send_is_dropped(tmp_path: Path) -> None:
    # Given
    left_by_a_kill(origin="widget")
    left_by_a_kill(b"half", origin="widget")
    whole = left_by_a_kill(b"all of it", origin="widget")
    with queue(tmp_path) as upload_manager:
        # When / Then
        assert [each.id for each in upload_manager.recover(Away())] == [whole]
        assert [path.name for path in kept()] == [f"{whole}.jsonl"]
        assert [path.name for path in kept("spool")] == [whole]


def test_after_a_power_cut_no_byte_is_believed(tmp_path: Path) -> None:
    # Given
    left_by_a_kill(b"four", boot="the start before")
    left_by_a_kill(b"four")
    with queue(tmp_path) as upload_manager:
        # When / Then
        assert [each.bytes_received for each in upload_manager.recover(Away())] == [0, 4]


def test_what_nobody_goes_on_with_for_a_week_is_forgotten(tmp_path: Path) -> None:
    # Given
    old, young = left_by_a_kill(b"four"), left_by_a_kill(b"four")
    moment = time.time() - FORGOTTEN_AFTER - 10
    os.utime(state_folder("uploads") / f"{old}.jsonl", (moment, moment))
    # When
    with queue(tmp_path):
        # Then
        assert [path.name for path in kept("spool")] == [young]
        assert [path.name for path in kept()] == [f"{young}.jsonl"]


@pytest.mark.parametrize(
    "changed",
    [
        {"version": 2},
        {"upload": "../../etc"},
        {"upload": "another"},
        {"size": None},
        {"size": "9"},
        {"origin": "elsewhere"},
        {"arrives": False},
        {"arrives": False, "contents": {"root": 1}},
        {"connection": None},
    ],
)
def test_a_damaged_ticket_stops_nobody(tmp_path: Path, changed: dict[str, Any]) -> None:
    # Given
    damaged = state_folder("uploads") / f"{left_by_a_kill()}.jsonl"
    damaged.write_text(json.dumps(json.loads(damaged.read_text()) | changed) + "\n")
    (state_folder("uploads") / "0.jsonl").write_bytes(b"{torn")
    whole = left_by_a_kill()
    with queue(tmp_path) as upload_manager:
        # When / Then
        assert [each.id for each in upload_manager.recover(Away())] == [whole]


@contextmanager
def process(does: str) -> Iterator[subprocess.Popen[str]]:
    started = subprocess.Popen(
        [sys.executable, "-m", "tests.staging.taker", does],
        cwd=Path(__file__).parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield started
    finally:
        started.kill()
        started.communicate()


@pytest.mark.parametrize("rounds", [30, pytest.param(300, marks=pytest.mark.slow)])
def test_two_that_come_at_once_share_out_all_uploads(rounds: int) -> None:
    """While a third one only looks, without end."""
    with process("take") as first, process("take") as second, process("look") as third:
        got = {first: 0, second: 0}

        def tell(line: str) -> list[str]:
            for each in got:
                each.stdin.write(line)
                each.stdin.flush()
            return [each.stdout.readline() for each in got]

        for _ in range(rounds):
            # Given
            uploads = [left_by_a_kill() for _ in range(4)]
            # When
            taken = [json.loads(each) for each in tell(f"{time.time() + 0.005}\n")]
            # Then
            assert sorted(taken[0] + taken[1]) == uploads
            assert [sorted(each) for each in taken] == taken
            for each, ids in zip(got, taken, strict=True):
                got[each] += len(ids)
            tell("\n")
            assert kept() == []
        assert min(got.values()) > 0
        assert third.poll() is None


@pytest.mark.parametrize("number", [getattr(errno, name) for name in LATER], ids=LATER)
def test_bytes_that_cannot_be_opened_now_are_kept_for_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    # Given
    first, second = left_by_a_kill(b"four"), left_by_a_kill(b"fou")
    real = os.open

    def refuse(path: Any, *given: Any, **more: Any) -> int:
        if str(path).endswith(first):
            raise OSError(number, os.strerror(number), str(path))
        return real(path, *given, **more)

    # When
    with queue(tmp_path) as upload_manager:
        with monkeypatch.context() as patched:
            patched.setattr(os, "open", refuse)
            taken = upload_manager.recover(Away())
        # Then
        assert [each.id for each in taken] == [second]
        assert [path.name for path in kept("spool")] == [first, second]
        assert [path.name for path in kept()] == [f"{first}.jsonl", f"{second}.jsonl"]
        # When
        later = upload_manager.recover(Away())
        # Then
        assert [(each.id, each.bytes_received) for each in later] == [(first, 4)]


@contextmanager
def no_descriptor_for(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let no file of a folder be opened, as where the process has all that it may have."""
    opens = Path.open

    def refuse(path: Path, *how: Any, **more: Any) -> Any:
        if path.parent == folder:
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
        return opens(path, *how, **more)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", refuse)
        yield


def test_no_upload_is_gone_on_with_while_it_is_unknown_what_storage_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given: a journal, which might be the upload's
    drop = left_by_a_kill(b"four")
    (state_folder("journals") / "some.jsonl").write_bytes(b"{}\n")
    with queue(tmp_path) as upload_manager:
        # When
        with no_descriptor_for(state_folder("journals"), monkeypatch), suppress(ResourcesExhausted):
            assert upload_manager.recover(Away()) == []
        # Then
        assert [path.name for path in kept("spool")] == [drop]
        assert [each.id for each in upload_manager.recover(Away())] == [drop]


def test_a_ticket_that_cannot_be_read_now_is_held_by_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given
    drop = left_by_a_kill(b"four")
    upload_record = state_folder("uploads") / f"{drop}.jsonl"
    with queue(tmp_path) as upload_manager:
        # When
        with no_descriptor_for(state_folder("uploads"), monkeypatch):
            with pytest.raises(ResourcesExhausted):
                upload_manager.recover(Away())
            assert UploadRecord.take(upload_record) is None
        # Then
        assert not is_held_here(upload_record)
        assert [each.id for each in upload_manager.recover(Away())] == [drop]
