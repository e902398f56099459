"""What a former server has left, taken up by the next one."""

from __future__ import annotations

import asyncio
import logging
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from jupyter_openeo_artifacts.server.background import Recovery, Workers
from jupyter_openeo_artifacts.server.contents_path import ContentsRoot
from jupyter_openeo_artifacts.server.exceptions import ContentsNotLocal
from jupyter_openeo_artifacts.service.collaborators import BackendPolicy, Collaborators
from jupyter_openeo_artifacts.staging import recovery as stagers
from jupyter_openeo_artifacts.staging.manager import UploadManager
from jupyter_openeo_artifacts.state.ledger import Ledger
from tests.staging.left import CONNECTION, left_by_a_kill

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SESSION: Any = SimpleNamespace(
    id=CONNECTION,
    backend="https://openeo.example",
    state="signed_in",
    user="Alice",
    subject="somebody",
)
SESSIONS: Any = SimpleNamespace(get=lambda _: SESSION, listen=lambda _: None, stop=lambda: None)


@pytest.fixture
def collaborators(tmp_path: Path) -> Iterator[Collaborators]:
    made = Collaborators(
        lambda: SESSIONS,
        lambda: UploadManager(Ledger(tmp_path / "ledger")),
        SimpleNamespace(on_upload=lambda _: None, on_session=lambda _: None),
    )
    yield made
    made.close()


def recovery(collaborators: Collaborators, jail: Any) -> Recovery:
    log = logging.getLogger("recovery")
    policy = BackendPolicy((), allow_others=True, allow_local=True)
    return Recovery(collaborators, Workers(), policy, jail, log)


def known(collaborators: Collaborators) -> list[str]:
    return [upload.id for upload in collaborators.upload_manager.uploads()]


def test_drops_go_on_where_no_file_of_jupyter_can(collaborators: Collaborators) -> None:
    # Given
    def jail() -> ContentsRoot:
        raise ContentsNotLocal("They are elsewhere.")

    drop = left_by_a_kill()
    # When
    asyncio.run(recovery(collaborators, jail).take_up(SESSION))
    # Then
    assert known(collaborators) == [drop]


def test_when_one_of_two_looks_has_ended_all_uploads_are_known(
    collaborators: Collaborators, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given: a browser asks for its upload as soon as one of them has
    drop = left_by_a_kill()
    upload_again = stagers.upload_again

    def slowly(*given: Any) -> Any:
        time.sleep(0.2)
        return upload_again(*given)

    monkeypatch.setattr(stagers, "upload_again", slowly)
    looks = recovery(collaborators, lambda: ContentsRoot(str(tmp_path)))

    async def look() -> list[str]:
        await looks.take_up(SESSION)
        return known(collaborators)

    async def both() -> list[list[str]]:
        return await asyncio.gather(look(), look())

    # When / Then
    assert asyncio.run(both()) == [[drop], [drop]]
