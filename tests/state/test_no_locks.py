"""File systems that have no locks: lock files take their place, and stale ones are taken over."""

from __future__ import annotations

import errno
import fcntl
import json
import logging
import os
import subprocess
import sys
import time
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import pytest

from jupyter_openeo_artifacts import errors as once
from jupyter_openeo_artifacts.auth.token_store import TokenStore
from jupyter_openeo_artifacts.sources.spool import Spool
from jupyter_openeo_artifacts.staging.recovery import remove_abandoned
from jupyter_openeo_artifacts.state.append_log import AppendLog
from jupyter_openeo_artifacts.state.lock_file import Holder, LockFile
from jupyter_openeo_artifacts.state.locks import hold, let_go, locked, mark_of
from jupyter_openeo_artifacts.state.staged_record import RecordsBusy

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

REFUSALS = [errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP]
DAY = 86_400.0
KILLED = """
import errno, fcntl, os, pathlib, signal, sys
def no_locks(*_):
    raise OSError(errno.ENOLCK, "no locks")
fcntl.flock = fcntl.lockf = no_locks
from jupyter_openeo_artifacts.state.append_log import AppendLog
from jupyter_openeo_artifacts.sources.spool import Spool
folder = pathlib.Path(sys.argv[1])
log = AppendLog.create(folder / "a.jsonl")
log.append({"a": 1})
spool = Spool(folder / "spool", 6)
spool.append(b"abc")
print("ready", flush=True)
sys.stdin.readline()
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(params=REFUSALS, ids=lambda number: errno.errorcode[number])
def _no_locks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise OSError(request.param, os.strerror(request.param))

    monkeypatch.setattr(fcntl, "flock", refuse)
    monkeypatch.setattr(fcntl, "lockf", refuse)
    monkeypatch.setattr(once, "WARNED", set())


@pytest.mark.usefixtures("_no_locks")
def test_a_lock_is_had_by_one_and_what_is_missing_is_said_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "file"
    # When / Then
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            with locked(path), pytest.raises(RecordsBusy), locked(path, timeout=0.1):
                pass
    assert [each.getMessage() for each in caplog.records] == [
        f"{tmp_path} is on a file system without locks: files are used in their place."
    ]
    assert [each.name for each in tmp_path.iterdir()] == ["file.lock"]


@pytest.mark.usefixtures("_no_locks")
def test_a_login_is_stored_renewed_and_removed(tmp_path: Path) -> None:
    store = TokenStore()
    store.put("https://issuer", "client", "token")
    with store.exclusive("https://issuer", "client"):
        assert store.get("https://issuer", "client") == "token"
    store.remove("https://issuer", "client")
    assert store.get("https://issuer", "client") is None


def test_a_login_in_a_folder_that_cannot_be_written_is_used(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    # Given
    store = TokenStore()
    store.put("https://issuer", "client", "token")
    monkeypatch.setattr(once, "WARNED", set())
    real = os.open

    def refuse(path: Any, flags: int, *more: Any, **named: Any) -> int:
        if flags & (os.O_WRONLY | os.O_RDWR):
            raise OSError(errno.EROFS, "Read-only file system", str(path))
        return real(path, flags, *more, **named)

    monkeypatch.setattr(os, "open", refuse)
    # When / Then
    with caplog.at_level(logging.WARNING), store.exclusive("https://issuer", "client"):
        assert store.get("https://issuer", "client") == "token"
    assert "without a lock" in caplog.text


@pytest.mark.usefixtures("_no_locks")
def test_a_journal_and_a_spool_are_held_by_one_process(tmp_path: Path) -> None:
    # Given
    log = AppendLog.create(tmp_path / "a.jsonl")
    log.append({"a": 1})
    spool = Spool(tmp_path / "spool", 6)
    spool.append(b"abc")
    # When / Then: nobody takes them while they are in use
    assert AppendLog.take(log.path) is None
    assert Spool.reopen(spool.path, 6) is None
    remove_abandoned(tmp_path)
    assert spool.path.exists()
    # When: they are left to a successor
    log.close()
    spool.detach()
    # Then
    again = AppendLog.take(log.path)
    assert again is not None
    assert again.entries == [{"a": 1}]
    taken = Spool.reopen(spool.path, 6)
    assert taken is not None
    assert taken.received == 3
    again.remove()
    taken.remove()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("_no_locks")
def test_what_a_killed_process_held_is_taken_over(tmp_path: Path) -> None:
    # Given
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdin is not None
        assert other.stdout is not None
        assert other.stdout.readline() == "ready\n"
        assert AppendLog.take(tmp_path / "a.jsonl") is None
        assert Spool.reopen(tmp_path / "spool", 6) is None
        other.stdin.write("\n")
        other.stdin.flush()
        other.wait(60)
    # When
    log, spool = AppendLog.take(tmp_path / "a.jsonl"), Spool.reopen(tmp_path / "spool", 6)
    # Then
    assert log is not None
    assert log.entries == [{"a": 1}]
    assert spool is not None
    assert spool.received == 3
    log.remove()
    spool.remove()
    assert list(tmp_path.iterdir()) == []


def gone() -> Holder:
    """Return a process that has ended."""
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    return replace(Holder.this(), pid=ended.pid, start="1")


@pytest.mark.parametrize(
    ("holder", "age", "free"),
    [
        (Holder.this, 0.0, False),
        (Holder.this, 9 * DAY, False),
        (gone, 0.0, True),
        (lambda: replace(Holder.this(), start="1"), 0.0, True),
        (lambda: replace(Holder.this(), boot="before"), 0.0, True),
        (lambda: replace(Holder.this(), host="elsewhere"), 0.0, False),
        (lambda: replace(Holder.this(), host="elsewhere"), 2 * DAY, True),
        (lambda: None, 0.0, False),
        (lambda: None, 2 * DAY, True),
    ],
    ids=[
        "a living process",
        "a living process, for long",
        "a process that ended",
        "a number that was given anew",
        "before the machine was started",
        "another machine",
        "another machine, for long",
        "nobody yet",
        "nobody for long",
    ],
)
def test_a_lock_file_is_taken_over_where_its_process_is_gone(
    tmp_path: Path, holder: Callable[[], Holder | None], age: float, *, free: bool
) -> None:
    # Given
    path = tmp_path / "lock"
    named = holder()
    path.write_bytes(b"" if named is None else json.dumps(asdict(named)).encode())
    os.utime(path, (time.time() - age, time.time() - age))
    # When
    lock = LockFile(path, stranger_seconds=DAY)
    # Then
    assert lock.acquire() is free
    lock.release()
    assert path.exists() is not free
    assert len(list(tmp_path.iterdir())) == (0 if free else 1)


def test_a_lock_that_somebody_has_made_meanwhile_is_put_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given: between the look and the taking over, another one was quicker
    path = tmp_path / "lock"
    path.write_text(json.dumps(asdict(gone())))
    quicker = LockFile(path, stranger_seconds=DAY)
    late = LockFile(path, stranger_seconds=DAY)
    judge = Holder.from_json

    def slowly(content: bytes) -> Holder | None:
        found = judge(content)
        monkeypatch.undo()  # the quicker one judges at once
        assert quicker.acquire()
        return found

    monkeypatch.setattr(Holder, "from_json", slowly)
    # When / Then
    assert not late.acquire()
    assert json.loads(path.read_bytes())["pid"] == os.getpid()
    quicker.release()
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_leaves_no_lock_that_names_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given
    lock = LockFile(tmp_path / "lock", stranger_seconds=DAY)

    def full(fd: int, *_: Any) -> None:
        os.close(fd)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(os, "fdopen", full)
        # When
        with pytest.raises(OSError, match="No space left"):
            lock.acquire()
    # Then
    assert list(tmp_path.iterdir()) == []
    assert lock.acquire()


@pytest.mark.usefixtures("_no_locks")
def test_a_forked_process_leaves_its_parents_mark(tmp_path: Path) -> None:
    # Given
    path = tmp_path / "a"
    fd = os.open(path, os.O_RDWR | os.O_CREAT)
    assert hold(fd, path)
    # When
    child = os.fork()
    if child == 0:
        let_go(path)
        os._exit(0)
    os.waitpid(child, 0)
    # Then
    assert mark_of(path).exists()
    let_go(path)
    assert not mark_of(path).exists()
    os.close(fd)
