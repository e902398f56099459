"""Our own sessions hand the helper their tokens: the backend is not asked who that is each time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from jupyter_openeo_artifacts.backends.session_registry import Sessions
from jupyter_openeo_artifacts.sources.source import FileSource
from jupyter_openeo_artifacts.staging.target import SessionTarget
from tests.limits import AT_MOST
from tests.support.logins import sign_in
from tests.transfer.line import Fault, Line, error_answer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from jupyter_openeo_artifacts.demo.provider import LocalProvider
    from jupyter_openeo_artifacts.staging.manager import UploadManager


@pytest.fixture
def line(provider: LocalProvider) -> Iterator[Line]:
    """Yield the wire to the demo's backend, by whose address it is known then."""
    line = Line(int(provider.backend.rpartition(":")[2]))
    line.add(Fault("answer", rb"GET /\.well-known", times=999, answer=error_answer(404, "None")))
    yield line
    line.close()


@pytest.fixture
def target(provider: LocalProvider, line: Line) -> Iterator[SessionTarget]:
    sessions = Sessions()
    session = sessions.open(line.endpoint)
    sign_in(session, provider)
    yield SessionTarget(session)
    session.sign_out()
    sessions.stop()


def test_three_files_and_two_sessions_of_the_storage_ask_the_backend_for_nobody(
    upload_manager: UploadManager, target: SessionTarget, line: Line, tmp_path: Path
) -> None:
    # Given: signing in has asked who that is
    asked = line.count(rb"GET /me")
    assert asked == 1
    # When
    sessions = set()
    for number in range(3):
        path = tmp_path / f"{number}.txt"
        path.write_text(str(number))
        view = upload_manager.stage(
            target,
            lambda path=path: FileSource.from_path(path),  # type: ignore[misc]
            name=path.name,
            size=1,
            origin="browser",
        )
        assert upload_manager.wait(view.id, AT_MOST).state == "staged"
        credentials = target.helper().credentials
        sessions.add(credentials.current().access_key)
        if number == 0:
            credentials.renew_expired()
    # Then
    assert len(sessions) == 2
    assert line.count(rb"GET /me") == asked
    assert {each.account for each in upload_manager.ledger.list()} == {"Alice"}
