"""What changed is told on Jupyter's event stream, as a hint and without a secret."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
import time
from collections import Counter
from datetime import datetime, timedelta, timezone
from itertools import pairwise
from typing import Any

import pytest

from jupyter_openeo_artifacts.server.background import SCHEMA_ID, EventThrottle
from jupyter_openeo_artifacts.state.ids import new_id
from tests.limits import AT_MOST
from tests.server.conftest import until

STAGE_ELSEWHERE = """
import datetime, sys
from jupyter_openeo_artifacts.state.ledger import Ledger
from jupyter_openeo_artifacts.state.staged_record import StagedRecord
Ledger().add(StagedRecord(id=sys.argv[1], name="k.tif", uri="s3://b/k.tif", backend="https://b",
    connection="0"*16, provider="p", size=1, sha256="0"*64, content_type="image/tiff",
    origin="magic", staged_at=datetime.datetime.now(datetime.timezone.utc)))
"""


@pytest.fixture
def heard(jp_ws_fetch: Any, jp_asyncio_loop: Any) -> Any:
    """Subscribe as the panel does; the list of events grows by itself."""
    events: list[dict[str, Any]] = []

    async def listen() -> list[dict[str, Any]]:
        socket = await jp_ws_fetch("api", "events", "subscribe")

        async def collect() -> None:
            while (message := await socket.read_message()) is not None:
                event = json.loads(message)
                if event["schema_id"] == SCHEMA_ID:
                    events.append(event)

        tasks.append((asyncio.ensure_future(collect()), socket))
        return events

    tasks: list[Any] = []
    yield listen
    for task, socket in tasks:
        socket.close()
        jp_asyncio_loop.run_until_complete(asyncio.wait([task], timeout=5))


async def wait_for(events: list[dict[str, Any]], **wanted: str) -> float:
    """Return after how many seconds an event like that came."""
    since = time.monotonic()
    while not any(all(event[k] == v for k, v in wanted.items()) for event in events):
        assert time.monotonic() - since < AT_MOST, f"no {wanted} in {events}"
        await asyncio.sleep(0.01)
    return time.monotonic() - since


async def test_the_panel_hears_of_a_whole_way(
    api: Any, connect: Any, tus: Any, heard: Any, jp_serverapp: Any
) -> None:
    # Given
    events = await heard()
    before = datetime.now(timezone.utc)
    # When
    connection = await connect()
    upload = await tus.create(connection, "secret-name.bin", 12_000_000)
    await tus.send(upload, 0, bytes(12_000_000))
    view = await until(api, f"/uploads/{upload}", "staged")
    # Then
    await wait_for(events, resource="connections", id=connection, state="signed_in")
    await wait_for(events, resource="uploads", id=upload, state="staged")
    await wait_for(events, resource="artifacts", id=view["artifact"], state="staged")
    allowed = {"schema_id", "resource", "id", "state"}
    assert {key for event in events for key in event} <= allowed | {
        "__timestamp__",
        "__schema__",
        "__schema_version__",
        "__metadata_version__",
    }
    assert "secret-name" not in json.dumps(events)
    # and a hub's culler hears too that something moved
    moved = jp_serverapp.web_app.settings["last_activity_times"]["jupyter_openeo_artifacts"]
    assert before <= moved <= before + timedelta(seconds=60)
    assert jp_serverapp.web_app.last_activity() >= moved


async def test_what_a_kernel_staged_shows_within_two_seconds(api: Any, heard: Any) -> None:
    # Given: somebody has the panel open
    events = await heard()
    assert (await api("GET", "/artifacts")).json["artifacts"] == []
    await asyncio.sleep(0.1)
    record = new_id()
    # When
    done = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", STAGE_ELSEWHERE, record], check=True
    )
    # Then
    assert done.returncode == 0
    assert await wait_for(events, resource="artifacts", id=record, state="staged") < 2
    listed = (await api("GET", "/artifacts")).json["artifacts"]
    assert [one["id"] for one in listed] == [record]
    # When
    assert (await api("DELETE", f"/artifacts/{record}")).status == 204
    # Then
    await wait_for(events, resource="artifacts", id=record, state="forgotten")
    gone = await api("GET", f"/artifacts/{record}")
    assert (gone.status, gone.code) == (404, "no_such_artifact")
    for path in ("/artifacts/..%2F..%2Fx", f"/artifacts/{record}/sign"):
        answer = await api("POST" if path.endswith("sign") else "GET", path)
        assert answer.status == 404


async def test_progress_is_told_at_most_four_times_a_second() -> None:
    # Given
    told: list[tuple[float, dict[str, str]]] = []
    loop = asyncio.get_running_loop()
    here = threading.get_ident()

    def emit(news: dict[str, str]) -> None:
        assert threading.get_ident() == here, "jupyter_events wants the loop's thread"
        told.append((loop.time(), news))

    announcer = EventThrottle(emit, loop)

    # When: two uploads move a thousand times a second, from threads
    def move(view: str) -> None:
        announcer.announce("uploads", view, "queued")
        end = time.monotonic() + 1.1
        while time.monotonic() < end:
            announcer.announce("uploads", view, "uploading")
            time.sleep(0.001)
        announcer.announce("uploads", view, "staged")

    await asyncio.gather(*(asyncio.to_thread(move, view) for view in "ab"))
    await asyncio.sleep(0.4)
    # Then
    for view in "ab":
        states = Counter(news["state"] for _, news in told if news["id"] == view)
        assert 3 <= states["uploading"] <= 6
        assert states["staged"] == 1
        times = [at for at, news in told if news["id"] == view and news["state"] == "uploading"]
        assert min(b - a for a, b in pairwise(times)) > 0.2
        assert [news["state"] for _, news in told if news["id"] == view][-1] == "staged"


async def test_a_new_state_does_not_wait_for_the_throttle() -> None:
    # Given
    told: list[str] = []
    announcer = EventThrottle(lambda news: told.append(news["state"]), asyncio.get_running_loop())
    # When
    for state in ("uploading", "uploading", "verifying", "staged"):
        announcer.announce("uploads", "a", state)
        await asyncio.sleep(0.01)
    # Then
    assert told == ["uploading", "verifying", "staged"]
