"""What the server does again and again outlives the trouble of one turn."""

from __future__ import annotations

import asyncio
import logging
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from jupyter_openeo_artifacts.server import app as apps
from jupyter_openeo_artifacts.server.app import OpenEOArtifacts
from jupyter_openeo_artifacts.server.background import Recovery, Workers
from jupyter_openeo_artifacts.service.changes import LedgerWatch
from jupyter_openeo_artifacts.service.collaborators import BackendPolicy, Collaborators
from jupyter_openeo_artifacts.staging import recovery as interrupted

if TYPE_CHECKING:
    from collections.abc import Coroutine

SECRET = "token-in-the-text"
TROUBLES = [OSError(5, SECRET), ValueError(SECRET), RuntimeError(SECRET)]


class Turns:
    """Counts turns, of which the first two fail."""

    def __init__(self, trouble: Exception) -> None:
        self.trouble = trouble
        self.count = 0
        self.went_well = asyncio.Event()

    def take(self) -> None:
        self.count += 1
        if self.count <= 2:
            raise self.trouble
        self.went_well.set()


async def run_until(turns: Turns, work: Coroutine[Any, Any, None]) -> None:
    task = asyncio.ensure_future(work)
    well = asyncio.ensure_future(turns.went_well.wait())
    try:
        await asyncio.wait({task, well}, return_when=asyncio.FIRST_COMPLETED, timeout=60)
    finally:
        for each in (task, well):
            each.cancel()
        await asyncio.gather(task, well, return_exceptions=True)


def check_told_once(caplog: pytest.LogCaptureFixture) -> None:
    told = [each for each in caplog.records if each.levelno >= logging.WARNING]
    assert len(told) == 1
    assert SECRET not in caplog.text


@pytest.mark.parametrize("trouble", TROUBLES, ids=lambda error: type(error).__name__)
def test_uploads_are_swept_after_any_trouble(
    trouble: Exception, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario() -> int:
        # Given
        turns = Turns(trouble)

        async def sweep(_: OpenEOArtifacts) -> None:
            turns.take()

        async def nothing(*_: Any) -> None:
            pass

        monkeypatch.setattr(OpenEOArtifacts, "sweep", sweep)
        monkeypatch.setattr(apps, "TURN_SECONDS", 0)
        monkeypatch.setattr(LedgerWatch, "attend", lambda _: None)
        monkeypatch.setattr(Recovery, "run", nothing)
        extension = OpenEOArtifacts()
        extension.__dict__["recovery"] = SimpleNamespace(run=nothing)
        extension.log = logging.getLogger("sweeping")
        # When
        extension.awaken()
        await run_until(turns, turns.went_well.wait())  # type: ignore[arg-type]
        await extension.stop_extension()
        return turns.count

    # Then
    assert asyncio.run(scenario()) >= 3
    check_told_once(caplog)


def test_uploads_of_a_former_server_are_looked_for_until_that_can_be_done(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given: the state folder cannot be read at first
    looks: list[int] = []

    def backends() -> set[str]:
        looks.append(1)
        if len(looks) <= 2:
            raise OSError(5, SECRET)
        return set()

    monkeypatch.setattr(interrupted, "interrupted_backends", backends)

    async def scenario() -> None:
        looking = recovery(lambda _: pytest.fail("no backend is known"))
        # When
        await asyncio.wait_for(looking.run(), 60)
        await asyncio.wait_for(looking.wait(), 60)

    asyncio.run(scenario())
    # Then
    assert len(looks) == 3
    check_told_once(caplog)


def test_trouble_with_one_backend_keeps_no_other_from_going_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Given
    monkeypatch.setattr(
        interrupted,
        "interrupted_backends",
        lambda: ["https://bad.example", "https://good.example"],
    )
    opened: list[str] = []

    def open_login(address: str) -> Any:
        opened.append(address)
        if "bad" in address and len(opened) == 1:
            raise OSError(5, SECRET)
        return SimpleNamespace(id=address, state="signed_out")

    # When
    asyncio.run(asyncio.wait_for(recovery(open_login).run(), 60))
    # Then
    assert [address.rstrip("/") for address in opened] == [
        "https://bad.example",
        "https://good.example",
        "https://bad.example",
        "https://good.example",
    ]


def recovery(open_login: Any) -> Recovery:
    collaborators = Collaborators(
        lambda: SimpleNamespace(open=open_login, listen=lambda _: None),  # type: ignore[arg-type,return-value]
        lambda: pytest.fail("no upload is there"),
        SimpleNamespace(on_upload=lambda _: None, on_session=lambda _: None),
    )
    policy = BackendPolicy((), allow_others=True, allow_local=True)
    jail: Any = None
    return Recovery(collaborators, Workers(), policy, jail, logging.getLogger("recovery"), pause=0)
