"""A disk that is really full: a small tmpfs, where the machine lets us mount one."""

from __future__ import annotations

import hashlib
import secrets
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
import requests

from jupyter_openeo_artifacts.journal.journal import Journal
from jupyter_openeo_artifacts.journal.replay import JournalHeader
from jupyter_openeo_artifacts.sources.exceptions import SpoolFull
from jupyter_openeo_artifacts.sources.spool import Spool
from tests.server.test_running_server import create, patch, running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.server.test_running_server import Server

MEGA = 1_000_000
DISK = 64 * MEGA


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Return a home whose records and spools lie on a disk of 64 MB."""
    folder = tmp_path / "jupyter_openeo_artifacts_home"
    folder.mkdir()
    mount = shutil.which("mount")
    command = [mount, "-t", "tmpfs", "-o", f"size={DISK},mode=0700", "tmpfs", str(folder)]
    if sys.platform != "linux" or mount is None or _run(command):
        pytest.skip("no small disk can be mounted here (that takes root)")
    try:
        yield tmp_path
    finally:
        _run(["umount", "-l", str(folder)])  # a test that fails may hold a file of it


def _run(command: list[str]) -> int:
    return subprocess.run(command, check=False, capture_output=True).returncode


def offset(server: Server, upload: str) -> int | None:
    """Ask how far the bytes are; None while the server has no room for more."""
    answer = requests.head(
        f"{server.root}/tus/{upload}",
        headers={**server.headers, "Tus-Resumable": "1.0.0"},
        timeout=20,
    )
    assert answer.status_code in (200, 507)
    return int(answer.headers["Upload-Offset"]) if answer.ok else None


def send_with_patience(
    server: Server, upload: str, content: bytes, until: int | None = None
) -> list[str]:
    """Send as our page does: again where it stands, as long as the disk is full."""
    states = []
    end = time.monotonic() + 120
    while (here := offset(server, upload)) is None or here < (until or len(content)):
        assert time.monotonic() < end
        if here is not None:
            # A client of its own would be cut off while it still sends: 8 MB get an answer.
            answer = patch(server, upload, here, content[here : here + 8 * MEGA])
            assert answer.status_code in (204, 507), answer.text
        view = server.ask("GET", f"/uploads/{upload}")
        states.append(view["state"])
        if view["state"] == "paused":
            assert view["problem"]["code"] == "disk_full"
            assert "MB of this file are still to come" in view["problem"]["message"]
            time.sleep(0.1)
    return states


@pytest.mark.slow
def test_a_file_larger_than_the_disk_goes_through_it(small_disk: Path, provider: Any) -> None:
    with running(small_disk) as server:
        # Given
        connection = server.sign_in(provider)
        content = secrets.token_bytes(200 * MEGA)
        # When
        upload = create(server, connection, len(content))
        states = send_with_patience(server, upload, content)
        # Then
        view = server.until(f"/uploads/{upload}", "staged", "failed")
        assert view["state"] == "staged", view["problem"]
        digest = hashlib.sha256(content).hexdigest()
        assert server.ask("GET", f"/artifacts/{view['artifact']}")["sha256"] == digest
        assert hashlib.sha256(server.download(view["artifact"])).hexdigest() == digest
        assert set(states) <= {"receiving", "uploading", "verifying", "staged", "paused"}


def test_a_spool_that_fills_the_disk_leaves_room_for_the_journal(small_disk: Path) -> None:
    # Given: more arrives than the disk has room for, before anything of it is sent
    home = small_disk / "jupyter_openeo_artifacts_home"
    spool = Spool(home / "spool", 10**9)
    with suppress(SpoolFull):
        while spool.append(bytes(MEGA)) <= DISK:
            pass
    assert spool.received < DISK
    # When
    header = JournalHeader("host", "bucket", "key", "text/plain", 10**9, ["spool"], {})
    journal = Journal.begin(home, header, part_size=8 * MEGA)
    # Then
    assert journal.kept
    assert journal.whole
    journal.remove()
    spool.remove()


@pytest.mark.slow
def test_a_disk_filled_by_others_pauses_and_goes_on(small_disk: Path, provider: Any) -> None:
    with running(small_disk) as server:
        # Given
        connection = server.sign_in(provider)
        content = secrets.token_bytes(40 * MEGA)
        upload = create(server, connection, len(content))
        assert patch(server, upload, 0, content[:MEGA]).status_code == 204
        ballast = small_disk / "jupyter_openeo_artifacts_home" / "of others"
        with ballast.open("wb", buffering=0) as file, suppress(OSError):
            while file.write(bytes(MEGA)):
                pass
        # When
        assert patch(server, upload, MEGA, content[MEGA : 9 * MEGA]).status_code == 507
        # Then
        view = server.ask("GET", f"/uploads/{upload}")
        assert (view["state"], view["problem"]["code"]) == ("paused", "disk_full")
        assert offset(server, upload) is None
        # When
        ballast.unlink()
        send_with_patience(server, upload, content)
        # Then
        view = server.until(f"/uploads/{upload}", "staged", "failed")
        assert hashlib.sha256(server.download(view["artifact"])).digest() == (
            hashlib.sha256(content).digest()
        )


@pytest.mark.slow
def test_what_was_given_back_is_not_missed_after_a_kill(small_disk: Path, provider: Any) -> None:
    # Given: a server that is killed when the disk has no longer all that arrived
    content = secrets.token_bytes(150 * MEGA)
    with running(small_disk, end=signal.SIGKILL) as server:
        upload = create(server, server.sign_in(provider), len(content))
        send_with_patience(server, upload, content, until=100 * MEGA)
    (spool,) = (small_disk / "jupyter_openeo_artifacts_home" / "spool").iterdir()
    assert spool.stat().st_blocks * 512 < DISK < 100 * MEGA <= spool.stat().st_size
    # When
    with running(small_disk) as server:
        assert (offset(server, upload) or 0) >= 100 * MEGA
        send_with_patience(server, upload, content)
        view = server.until(f"/uploads/{upload}", "staged", "failed")
        # Then
        assert view["state"] == "staged", view["problem"]
        digest = hashlib.sha256(content).digest()
        assert hashlib.sha256(server.download(view["artifact"])).digest() == digest
        assert server.ask("GET", f"/artifacts/{view['artifact']}")["sha256"] == ""
