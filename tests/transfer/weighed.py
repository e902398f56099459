"""A process that uploads to a sink and says what that cost: `python -m tests.transfer.weighed`.

Each line of its input asks for `count` uploads at once, each of a file of `size` bytes; the answer
is a line of JSON with its memory beyond idle, in bytes, at its peak and after, the most threads it
had, and how many uploads failed.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MIB = 1024**2
_STATUS = Path("/proc/self/status")


@contextmanager
def weighed(endpoint: str) -> Iterator[Callable[[int, int], dict[str, int]]]:
    """Run it meanwhile; yields what asks it for `count` uploads of `size` bytes."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.transfer.weighed", endpoint],
        cwd=Path(__file__).parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    asking, answers = process.stdin, process.stdout

    def ask(count: int, size: int) -> dict[str, int]:
        asking.write(json.dumps([count, size]) + "\n")
        asking.flush()
        return dict(json.loads(answers.readline()))

    try:
        yield ask
    finally:
        asking.close()
        process.wait(30)
        answers.close()


@contextmanager
def sink() -> Iterator[str]:
    """Run a storage that keeps nothing; yields its address."""
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.sink"],
        cwd=Path(__file__).parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.stdin.close()
        process.wait(30)
        process.stdout.close()


def _memory(line: str) -> int:
    """Return VmRSS (now) or VmHWM (the most since the last look) in bytes."""
    found = next(each for each in _STATUS.read_text().splitlines() if each.startswith(line))
    return int(found.split()[1]) * 1024


def _serve(endpoint: str, folder: Path) -> None:
    import os

    from jupyter_openeo_artifacts.journal.journal import Journal
    from jupyter_openeo_artifacts.journal.replay import JournalHeader
    from jupyter_openeo_artifacts.sources.source import FileSource
    from jupyter_openeo_artifacts.transfer.upload import upload_object
    from tests.transfer.seaweed import BUCKET, make_client

    client = make_client(endpoint, max_pool_connections=32)
    kind = "application/octet-stream"

    failed: list[BaseException] = []

    def upload(path: Path) -> None:
        size = path.stat().st_size
        source = FileSource.from_path(path)
        key = os.urandom(8).hex()
        header = JournalHeader("sink", BUCKET, key, kind, size, source.identity, {})
        journal = Journal.begin(folder, header)
        stored = upload_object(
            client, bucket=BUCKET, key=key, source=source, content_type=kind, journal=journal
        )
        journal.remove()
        source.close()
        assert stored.size == size

    def sparse(size: int) -> Path:
        path = folder / f"{size}"
        path.touch()
        os.truncate(path, size)
        return path

    def guarded(path: Path) -> None:
        try:
            upload(path)
        except BaseException as error:  # noqa: BLE001 - told to who asked
            failed.append(error)

    upload(sparse(MIB))
    idle = _memory("VmRSS")
    for line in sys.stdin:
        count, size = json.loads(line)
        Path("/proc/self/clear_refs").write_text("5")  # the peak is what comes from here on
        path = sparse(size)
        threads = [threading.Thread(target=guarded, args=[path]) for _ in range(count)]
        for thread in threads:
            thread.start()
        most = 0
        while any(thread.is_alive() for thread in threads):
            most = max(most, threading.active_count())
            time.sleep(0.01)
        answer = {
            "peak": _memory("VmHWM") - idle,
            "after": _memory("VmRSS") - idle,
            "threads": most,
            "failed": len(failed),
        }
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        _serve(sys.argv[1], Path(made))
