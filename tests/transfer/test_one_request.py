"""What goes in one request, and cannot be cancelled, costs no thread."""

from __future__ import annotations

import gc
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from jupyter_openeo_artifacts.s3.exceptions import ContentMismatch, StorageUnreachable
from jupyter_openeo_artifacts.sources.source import FileSource
from jupyter_openeo_artifacts.transfer.upload import upload_object
from tests.support.uploads import Observer
from tests.transfer.line import Fault, error_answer
from tests.transfer.seaweed import BUCKET, PART
from tests.transfer.uploading import Rig, changed, engine_threads

PUT, HEAD, DELETE = rb"PUT", rb"HEAD", rb"DELETE"
MANY = 99


def send(rig: Rig, size: int, on_progress=lambda _: None, **config):
    return upload_object(
        rig.client,
        bucket=BUCKET,
        key=rig.key,
        source=FileSource.from_path(rig.file(size)),
        content_type="a/b",
        observer=Observer(on_progress),
        config=changed(rig.config, **config),
    )


def from_a_thread(call):
    with ThreadPoolExecutor(1, thread_name_prefix="caller") as threads:
        return threads.submit(call).result(60)


@pytest.mark.parametrize(
    ("size", "in_callers"),
    [(0, True), (1000, True), (PART, True), (PART + 1, False)],
)
def test_it_is_sent_by_the_thread_that_calls(rig: Rig, size: int, *, in_callers: bool) -> None:
    # Given
    seen: list[str] = []

    def note(_: int) -> None:
        seen.extend([threading.current_thread().name, *(t.name for t in engine_threads())])

    # When
    stored = from_a_thread(lambda: send(rig, size, note))
    # Then
    assert all(name.startswith("caller") for name in seen) is in_callers
    assert len(rig.storage.content(rig.key)) == stored.size == size
    assert stored.verified == "etag"


def test_the_main_thread_is_left_to_hear_ctrl_c(rig: Rig) -> None:
    seen: list[str] = []
    send(rig, 1000, lambda _: seen.append(threading.current_thread().name))
    assert seen[0].startswith("artifact-upload")


def test_what_passes_is_tried_again(rig: Rig) -> None:
    # Given
    rig.line.add(Fault("answer", PUT, answer=error_answer(503, "SlowDown"), times=2))
    # When
    from_a_thread(lambda: send(rig, 1000))
    # Then
    assert rig.line.count(PUT) == 3
    assert rig.storage.leftovers(rig.key) == [f"object {rig.key}"]


def test_what_was_damaged_on_its_way_is_removed(rig: Rig) -> None:
    # Given: a storage that says of what it has stored that it is something else
    def another(parsed, **_) -> None:
        parsed["ETag"] = f'"{"0" * 32}"'

    rig.client.meta.events.register("after-call.s3.PutObject", another)
    # When
    with pytest.raises(ContentMismatch):
        from_a_thread(lambda: send(rig, 1000))
    # Then
    assert rig.storage.leftovers(rig.key) == []


def test_a_failure_does_not_wait_for_a_clean_up_that_hangs(rig: Rig) -> None:
    # Given: answers that get lost, and then a storage that answers nothing
    rig.line.add(Fault("swallow", PUT, times=MANY), Fault("hold", HEAD, times=MANY))
    # When
    with pytest.raises(StorageUnreachable):
        from_a_thread(lambda: send(rig, 1000, patience=1.0, grace=0.3, cleanup_patience=3.0))
    # Then: the clean-up goes on without the caller
    assert [t.name.startswith("artifact-upload") for t in engine_threads()] == [True]
    rig.line.release()


def test_it_leaves_nothing_that_only_the_collector_of_circles_finds(rig: Rig) -> None:
    """Where many small files go, looking for them took a fifth of the time."""

    def there() -> int:
        kinds = (type(each).__name__ for each in gc.get_objects())
        return sum(kind in ("_Upload", "Order", "CancelToken") for kind in kinds)

    def several() -> None:
        for number in range(8):
            send(replace(rig, key=f"{rig.key}-{number}"), 1000)

    gc.collect()
    gc.disable()
    try:
        before = there()
        # When
        from_a_thread(several)
        # Then
        assert there() <= before
    finally:
        gc.enable()
