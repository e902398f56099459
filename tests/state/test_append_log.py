"""Lines on disk that survive what a process does not."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from jupyter_openeo_artifacts.errors import RecordsUnusable, ResourcesExhausted
from jupyter_openeo_artifacts.state.append_log import AppendLog, first_line, is_held_here, read_log

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "upload.jsonl"


def test_what_was_appended_is_found_by_the_next_owner(path: Path) -> None:
    # Given
    log = AppendLog.create(path)
    log.append({"first": "é\n"})
    log.append({"second": 2})
    log.close()
    # When
    found = AppendLog.take(path)
    # Then
    assert found is not None
    assert found.entries == [{"first": "é\n"}, {"second": 2}]
    assert first_line(path) == {"first": "é\n"}
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "torn", [b'{"thi', b'{"third": 3}', b"\x00\x00\x00\x00", b"[]\n", b'{"a": \xff}\n{"b": 1}\n']
)
def test_a_torn_last_line_was_never_written(path: Path, torn: bytes) -> None:
    # Given
    log = AppendLog.create(path)
    log.append({"first": 1})
    log.close()
    with path.open("ab") as file:
        file.write(torn)
    # When
    found = AppendLog.take(path)
    assert found is not None
    found.append({"second": 2})
    found.close()
    # Then
    again = AppendLog.take(path)
    assert again is not None
    assert again.entries == [{"first": 1}, {"second": 2}]


def test_only_one_owns_it(path: Path) -> None:
    # Given
    log = AppendLog.create(path)
    log.append({"first": 1})
    # When / Then
    assert AppendLog.take(path) is None
    with pytest.raises(RecordsUnusable):
        AppendLog.create(path)
    log.close()
    taken = AppendLog.take(path)
    assert taken is not None
    taken.remove()
    assert not path.exists()
    assert AppendLog.take(path) is None


def test_a_killed_process_lets_go(path: Path) -> None:
    # Given
    code = (
        "import os, pathlib, sys\n"
        "from jupyter_openeo_artifacts.state.append_log import AppendLog\n"
        "log = AppendLog.create(pathlib.Path(sys.argv[1]))\n"
        "log.append({'first': 1})\n"
        "os._exit(9)\n"
    )
    # When
    ended = subprocess.run([sys.executable, "-c", code, str(path)], timeout=60, check=False)
    # Then
    assert ended.returncode == 9
    found = AppendLog.take(path)
    assert found is not None
    assert found.entries == [{"first": 1}]


def test_a_full_disk_keeps_the_lines_before(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Given
    log = AppendLog.create(path)
    log.append({"first": 1})
    write = os.write
    # When: half a line still fits
    monkeypatch.setattr(os, "write", lambda fd, line: write(fd, line[: len(line) // 2]))
    with pytest.raises(RecordsUnusable):
        log.append({"second": 2})
    monkeypatch.undo()
    log.append({"third": 3})
    log.close()
    # Then
    found = AppendLog.take(path)
    assert found is not None
    assert found.entries == [{"first": 1}, {"third": 3}]


def test_lines_that_come_together_are_written_together_or_not_at_all(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given
    log = AppendLog.create(path)
    log.append({"first": 1}, {"second": 2})
    write = os.write
    # When
    monkeypatch.setattr(os, "write", lambda fd, lines: write(fd, lines[:-1]))
    with pytest.raises(RecordsUnusable):
        log.append({"third": 3}, {"fourth": 4})
    monkeypatch.undo()
    log.close()
    # Then
    found = AppendLog.take(path)
    assert found is not None
    assert found.entries == log.entries == [{"first": 1}, {"second": 2}]


def test_a_line_that_did_not_get_to_the_disk_is_no_harm_to_later_ones(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given: it is written, and whether it survives a power cut is not known
    log = AppendLog.create(path)

    def broken(_: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", broken)
    with pytest.raises(RecordsUnusable):
        log.append({"first": 1})
    monkeypatch.undo()
    log.append({"first": 1})
    # When
    write = os.write
    monkeypatch.setattr(os, "write", lambda fd, line: write(fd, line[:3]))
    with pytest.raises(RecordsUnusable):
        log.append({"second": 2})
    monkeypatch.undo()
    log.close()
    # Then
    found = AppendLog.take(path)
    assert found is not None
    assert found.entries == [{"first": 1}, {"first": 1}]


def test_who_has_let_go_appends_no_more(path: Path) -> None:
    log = AppendLog.create(path)
    log.close()
    with pytest.raises(RecordsUnusable):
        log.append({"late": 1})


def test_a_process_knows_what_it_has_in_hand(path: Path) -> None:
    # Given
    log = AppendLog.create(path)
    assert is_held_here(path)
    log.close()
    assert not is_held_here(path)
    # When
    again = AppendLog.take(path)
    # Then
    assert again is not None
    assert is_held_here(path)
    assert AppendLog.take(path) is None  # and so it says of whoever has it
    assert is_held_here(path)
    again.remove()
    assert not is_held_here(path)


def test_a_system_that_removes_no_open_file_keeps_none(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given: as on Windows
    log = AppendLog.create(path)
    log.append({"first": 1})
    real = type(path).unlink

    def unlink(which: Path, missing_ok: bool = False) -> None:  # noqa: FBT001, FBT002
        if not log.closed:
            raise PermissionError(13, "The process cannot access the file")
        real(which, missing_ok=missing_ok)

    monkeypatch.setattr(type(path), "unlink", unlink)
    # When
    log.remove()
    # Then
    assert not path.exists()
    assert not is_held_here(path)


def test_half_a_line_that_could_not_be_taken_off_joins_no_other(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given: half a line fits, and the disk refuses to take it off again
    log = AppendLog.create(path)
    log.append({"first": 1})
    write = os.write

    def refuse(*_: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", lambda fd, line: write(fd, line[: len(line) // 2]))
        patch.setattr(os, "ftruncate", refuse)
        for number in (2, 3):
            with pytest.raises(RecordsUnusable):
                log.append({"number": number})
    # When
    log.append({"fourth": 4})
    log.append({"fifth": 5})
    # Then
    good = [{"first": 1}, {"fourth": 4}, {"fifth": 5}]
    assert read_log(path) == log.entries == good
    log.close()
    found = AppendLog.take(path)
    assert found is not None
    assert found.entries == good


@pytest.mark.parametrize("reason", [errno.EMFILE, errno.ENFILE, errno.ENOMEM])
def test_a_file_that_cannot_be_opened_now_is_not_taken_for_empty(
    path: Path, monkeypatch: pytest.MonkeyPatch, reason: int
) -> None:
    # Given
    log = AppendLog.create(path)
    log.append({"first": 1})

    def refuse(*_: object, **__: object) -> None:
        raise OSError(reason, os.strerror(reason))

    monkeypatch.setattr(type(path), "open", refuse)
    monkeypatch.setattr(type(path), "read_bytes", refuse)
    # When / Then
    for read in (first_line, read_log):
        with pytest.raises(ResourcesExhausted):
            read(path)
