"""Uploads in processes of their own that end in the middle, as by `kill -9` or a power cut.

One process imports everything once and forks for each upload, so that hundreds of deaths are cheap.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

DIED = 9
POINTS = ("before a request", "after a request", "before a line", "after a line")


class Graveyard:
    """Asks the forking process for one upload after the other."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def send(
        self, endpoint: str, key: str, file: Path, folder: Path, *, point: str, at: float
    ) -> bool:
        """Upload `file`; return whether the process died on the way.

        Parameters
        ----------
        folder
            Of the journals.
        point, at
            Die at the `at`-th of one of `POINTS`, counted from 0; or after `at` seconds ("a time").
        """
        folder.mkdir(exist_ok=True)
        wish = [endpoint, key, str(file), str(folder), point, at]
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(wish) + "\n")
        self._process.stdin.flush()
        status = int(self._process.stdout.readline())
        assert status in (0, DIED, -DIED), status
        return status != 0


@contextmanager
def graveyard() -> Iterator[Graveyard]:
    """Run the forking process meanwhile."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.transfer.doomed"],
        cwd=Path(__file__).parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield Graveyard(process)
    finally:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.close()
        process.wait(30)
        process.stdout.close()


def _serve() -> None:
    import signal
    import threading

    import tests.transfer.seaweed  # noqa: F401  what every child needs, loaded once
    from jupyter_openeo_artifacts.transfer.upload import upload_object  # noqa: F401

    for line in sys.stdin:
        wish = json.loads(line)
        child = os.fork()
        if child == 0:
            _upload(*wish[:4], point=wish[4], at=wish[5])
            os._exit(0)
        timer = threading.Timer(wish[5], os.kill, (child, signal.SIGKILL))
        if wish[4] == "a time":
            timer.start()
        _, status = os.waitpid(child, 0)
        timer.cancel()
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


def _upload(endpoint: str, key: str, file: str, folder: str, *, point: str, at: int) -> None:
    from jupyter_openeo_artifacts.journal.journal import Journal
    from jupyter_openeo_artifacts.journal.replay import JournalHeader
    from jupyter_openeo_artifacts.sources.source import FileSource
    from jupyter_openeo_artifacts.state.append_log import AppendLog
    from jupyter_openeo_artifacts.transfer.config import TransferConfig
    from jupyter_openeo_artifacts.transfer.upload import upload_object
    from tests.transfer.seaweed import BUCKET, PART, make_client

    left = at

    def count() -> None:
        nonlocal left
        left -= 1
        if left < 0:
            os._exit(DIED)

    client = make_client(endpoint)
    if point == "before a request":
        client.meta.events.register("before-send.s3", lambda **_: count())
    if point == "after a request":
        client.meta.events.register("after-call.s3", lambda **_: count())
    if point in ("before a line", "after a line"):
        append = AppendLog.append

        def appending(log: AppendLog, *entries: dict[str, Any], durable: bool = True) -> None:
            if point == "before a line":
                count()
            append(log, *entries, durable=durable)
            if point == "after a line":
                count()

        AppendLog.append = appending  # type: ignore[method-assign]
    source = FileSource.from_path(file)
    kind = "application/octet-stream"
    header = JournalHeader("host", BUCKET, key, kind, source.size, source.identity, {})
    upload_object(
        client,
        bucket=BUCKET,
        key=key,
        source=source,
        content_type=kind,
        config=TransferConfig(part_size=PART),
        journal=Journal.begin(Path(folder), header),
    )


if __name__ == "__main__":
    _serve()
