"""What only a wire can do, between the engine and a real storage."""

from __future__ import annotations

import threading
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

from jupyter_openeo_artifacts.sources.spool_source import SpoolSource
from jupyter_openeo_artifacts.transfer.config import RetryPolicy, TransferConfig
from jupyter_openeo_artifacts.transfer.upload import upload_object
from tests.faults.sources import KINDS, Arriving, content_of, file_source
from tests.faults.watch import lasting_threads
from tests.transfer.line import Fault, Line
from tests.transfer.seaweed import BUCKET, PART, Storage, make_client, running_storage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SECOND = rb"PUT .*partNumber=2"
SIZE = 3 * PART + 7


def _cut(line: Line, seconds: float = 1.0) -> None:
    fault = line.add(Fault("stall", SECOND, at=PART // 2))

    def cut() -> None:
        fault.met.wait(10)
        line.cut()
        line.release()
        threading.Timer(seconds, line.mend).start()

    threading.Thread(target=cut, daemon=True).start()


def _slow(line: Line) -> None:
    line.pause = 0.005


def _all_at_once(line: Line) -> None:
    for number, kind in enumerate(("reset", "flip", "swallow", "stall"), 1):
        line.add(Fault(kind, rb"PUT .*partNumber=%d" % number, at=1000))
    line.add(Fault("swallow", rb"POST "), Fault("reset", rb"POST .*uploadId"))


TROUBLES: dict[str, Callable[[Line], None]] = {
    "reset in a part": lambda line: line.add(Fault("reset", SECOND, at=PART // 2, times=3)),
    "a part stands still": lambda line: line.add(Fault("stall", SECOND, at=PART // 2)),
    "a bit is flipped": lambda line: line.add(Fault("flip", SECOND, at=PART // 2)),
    "a part's answer is lost": lambda line: line.add(Fault("swallow", SECOND)),
    "Complete's answer is lost": lambda line: line.add(Fault("swallow", rb"POST .*uploadId")),
    "the line is cut": _cut,
    "the line is slow": _slow,
    "all at once": _all_at_once,
}


@pytest.fixture(scope="module")
def storage(tmp_path_factory) -> Iterator[Storage]:
    with running_storage(tmp_path_factory.mktemp("weed")) as found:
        yield found


@pytest.mark.parametrize(
    "kind",
    [pytest.param(kind, marks=() if kind == "file" else pytest.mark.faults) for kind in KINDS],
)
@pytest.mark.parametrize("name", TROUBLES)
def test_the_bytes_arrive(storage, tmp_path, name, kind) -> None:
    # Given
    key, arriving = f"{kind}/{name}", None
    if kind == "file":
        (tmp_path / "file").write_bytes(content_of(SIZE))
        source = file_source(tmp_path / "file")
    else:
        arriving = Arriving(kind, tmp_path, SIZE, lambda *_: None)
        source = SpoolSource(arriving.spool)
    line = Line(storage.port)
    TROUBLES[name](line)
    # When
    try:
        upload_object(
            make_client(line.endpoint, read_timeout=2),
            bucket=BUCKET,
            key=key,
            source=source,
            content_type="a/b",
            config=TransferConfig(
                part_size=PART, retry=RetryPolicy(first_delay=0.05, longest_delay=0.5)
            ),
        )
    finally:
        source.close()
        line.release()
        if arriving:
            arriving.close()
        left = lasting_threads()
        line.close()
    # Then
    assert sha256(storage.content(key)).digest() == sha256(content_of(SIZE)).digest()
    assert storage.leftovers(key) == [f"object {key}"]
    assert left == []
