"""Thousands of uploads at a time: descriptors, the bound, and what the system has run out of."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from jupyter_openeo_artifacts.errors import ResourcesExhausted, affordable
from jupyter_openeo_artifacts.sources.exceptions import SpoolFull
from jupyter_openeo_artifacts.staging import upload_registry as upload_list
from jupyter_openeo_artifacts.staging.exceptions import TooManyUploads
from jupyter_openeo_artifacts.staging.manager import UploadManager
from jupyter_openeo_artifacts.staging.upload_registry import UploadPools
from jupyter_openeo_artifacts.state.files import state_folder
from jupyter_openeo_artifacts.state.ids import moment_of, new_id
from jupyter_openeo_artifacts.state.locks import NameLocks, names_in

MANY = 1000


class Waiting:
    """A login whose helper is never asked for: the bytes are to come."""

    id, backend, owner = "0123456789abcdef", "https://openeo.example/", None

    def helper(self) -> Any:
        raise AssertionError("nothing was complete")


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208


linux = pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="no /proc here")


@pytest.fixture
def upload_manager(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(UploadPools, "start", lambda *_: None)  # what is asked here is before it
    made = UploadManager()
    yield made
    made.close()


def receive(upload_manager: UploadManager) -> Any:
    return upload_manager.receive(Waiting(), name="a.bin", size=100, origin="browser")  # type: ignore[arg-type]


@linux
@pytest.mark.slow
def test_a_thousand_uploads_take_a_handful_of_descriptors(upload_manager: Any) -> None:
    # Given
    before = descriptors()
    # When
    spools = [receive(upload_manager)[1] for _ in range(MANY)]
    opened = descriptors() - before
    for each in spools:
        each.append(b"12345")
    # Then
    assert opened <= 4
    assert descriptors() - before <= 80
    # When: the first one goes on
    spools[0].append(b"67890")
    # Then
    assert spools[0].path.read_bytes() == b"1234567890"
    assert len(list(state_folder("uploads").glob("*.jsonl"))) == MANY


def test_no_more_are_taken_than_can_be_followed(
    upload_manager: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given
    monkeypatch.setattr(upload_list, "MOST", 3)
    views = [receive(upload_manager)[0] for _ in range(3)]
    # When / Then
    with pytest.raises(TooManyUploads, match="3 files are being staged already") as refused:
        receive(upload_manager)
    assert refused.value.who == "wait"
    assert len(upload_manager.uploads()) == 3
    assert len(list(state_folder("uploads").glob("*.jsonl"))) == 3
    # When
    upload_manager.cancel(views[0].id)
    # Then
    receive(upload_manager)


@pytest.mark.parametrize("code", [errno.EMFILE, errno.ENFILE, errno.ENOMEM])
@pytest.mark.parametrize("where", ["the lock file", "the ticket"])
def test_an_upload_for_which_the_system_has_nothing_left_is_refused(
    upload_manager: Any, monkeypatch: pytest.MonkeyPatch, code: int, where: str
) -> None:
    # Given
    def refuse(*_: Any, **__: Any) -> int:
        raise OSError(code, os.strerror(code))

    with monkeypatch.context() as patched:
        patched.setattr(os, "open", refuse)
        if where == "the ticket":
            patched.setattr(NameLocks, "hold", lambda *_: True)
        # When / Then
        with pytest.raises(ResourcesExhausted, match=r"limit of (open files|memory)") as refused:
            receive(upload_manager)
    assert refused.value.who == "wait"
    assert upload_manager.uploads() == []
    receive(upload_manager)


def test_bytes_for_which_there_is_no_descriptor_now_are_taken_later(
    upload_manager: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given
    _, spool = receive(upload_manager)

    def refuse(*_: Any, **__: Any) -> int:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    # When / Then
    with monkeypatch.context() as patched:
        patched.setattr(os, "open", refuse)
        with pytest.raises(SpoolFull, match="open files"):
            spool.append(b"12345")
    assert spool.append(b"12345") == 5


_HOLDER = """
import pathlib, sys
from jupyter_openeo_artifacts.state.locks import names_in
print(names_in(pathlib.Path(sys.argv[1])).hold(sys.argv[2]), flush=True)
sys.stdin.read()
"""


def test_a_name_is_held_by_one_process_until_it_ends(tmp_path: Path) -> None:
    # Given
    folder = tmp_path / "uploads"
    folder.mkdir()
    names = names_in(folder)
    assert names.hold("mine")
    assert not names.hold("mine")
    with subprocess.Popen(
        [sys.executable, "-c", _HOLDER, str(folder), "theirs"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "True\n"
        # When / Then
        assert not names.hold("theirs")
        assert "mine" in names
        names.release("mine")  # which must not let go of what others hold
        assert not names.hold("theirs")
        other.kill()
    assert names.hold("theirs")
    names.release("theirs")


@linux
def test_no_descriptor_stays_where_nothing_is_held(tmp_path: Path) -> None:
    # Given
    folder = tmp_path / "uploads"
    folder.mkdir()
    before, names = descriptors(), names_in(folder)
    # When
    for name in ("a", "b"):
        names.hold(name)
    # Then
    assert descriptors() == before + 1
    names.release("a")
    names.release("b")
    names.release("never held")
    assert descriptors() == before


def test_an_id_tells_when_it_was_made(upload_manager: Any) -> None:
    # Given
    before = datetime.now(timezone.utc) - timedelta(milliseconds=1)
    # When
    made = moment_of(new_id())
    time.sleep(0.01)
    view = receive(upload_manager)[0]
    # Then
    assert before <= made <= datetime.now(timezone.utc)
    assert upload_manager.upload(view.id).created_at == moment_of(view.id)


@linux
def test_where_few_files_may_be_open_few_stay_open(
    upload_manager: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given
    import resource

    monkeypatch.setattr(resource, "getrlimit", lambda _: (64, 64))
    before = descriptors()
    spools = [receive(upload_manager)[1] for _ in range(40)]
    # When
    for each in spools:
        each.append(b"12345")
    # Then
    assert descriptors() - before <= 8
    spools[0].append(b"67890")
    assert spools[0].path.read_bytes() == b"1234567890"


@pytest.mark.parametrize(
    ("limit", "count"), [(10, 1), (64, 4), (256, 16), (1024, 16), (1_048_576, 16), (-1, 16)]
)
def test_a_process_takes_its_share_of_what_it_may_open(
    monkeypatch: pytest.MonkeyPatch, limit: int, count: int
) -> None:
    resource = pytest.importorskip("resource")
    monkeypatch.setattr(resource, "getrlimit", lambda _: (limit, limit))
    assert affordable(16, 16) == count
