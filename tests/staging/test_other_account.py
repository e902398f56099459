"""Whose a file is: none goes to another account than the one that added it."""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING

import pytest

from jupyter_openeo_artifacts.sources.source import FileSource
from jupyter_openeo_artifacts.staging.recovery import Root
from jupyter_openeo_artifacts.staging.target import ConnectionTarget
from tests.limits import AT_MOST
from tests.servers.provider import connected
from tests.staging.left import Away, kept, queue
from tests.staging.test_interrupted import stage

if TYPE_CHECKING:
    from pathlib import Path

    from jupyter_openeo_artifacts.demo.provider import LocalProvider
    from jupyter_openeo_artifacts.staging.manager import UploadManager


@pytest.fixture(scope="module")
def alice(provider: LocalProvider) -> ConnectionTarget:
    return ConnectionTarget(connected(provider, "alice"))


@pytest.fixture(scope="module")
def bob(provider: LocalProvider) -> ConnectionTarget:
    return ConnectionTarget(connected(provider, "bob"))


@pytest.fixture
def root(tmp_path: Path) -> Root:
    folder = tmp_path / "root"
    folder.mkdir()
    return Root(str(folder), lambda path: FileSource.from_path(folder / path))


def left(upload_manager: UploadManager, by: ConnectionTarget, root: Root) -> list[str]:
    """Have a file of Jupyter's root and a drop fail; return their uploads."""
    file = stage(upload_manager, Away(by, fails=True), root, "a.tif")
    drop, spool = upload_manager.receive(
        Away(by, fails=True), name="private.csv", size=500, origin="browser"
    )
    spool.append(secrets.token_bytes(500))
    upload_manager.arrived(drop.id)
    for each in (file, drop):
        assert upload_manager.wait(each.id, AT_MOST).can_retry
    return [file.id, drop.id]


def accounts(upload_manager: UploadManager) -> list[str]:
    return [each.account for each in upload_manager.ledger.list()]


def test_what_one_account_left_is_not_staged_for_the_next(
    alice: ConnectionTarget, bob: ConnectionTarget, tmp_path: Path, root: Root
) -> None:
    # Given
    with queue(tmp_path) as upload_manager:
        uploads = left(upload_manager, alice, root)
    # When: a new process has somebody else's login
    with queue(tmp_path) as upload_manager:
        upload_manager.recover(bob, root)
        # Then
        ended = [upload_manager.wait(each, AT_MOST) for each in uploads]
        assert [each.state for each in ended] == ["failed", "failed"]
        for each in ended:
            assert each.can_retry
            assert each.problem is not None
            assert (each.problem.code, each.problem.who) == ("other_account", "you")
            assert "'Alice'" in str(each.problem)
        # When: Bob tries it all the same
        upload_manager.retry(uploads[0])
        # Then
        assert upload_manager.wait(uploads[0], AT_MOST).state == "failed"
        assert accounts(upload_manager) == []
        assert [path.stem for path in kept()] == uploads
    # When
    with queue(tmp_path) as upload_manager:
        upload_manager.recover(alice, root)
        # Then
        ended = [upload_manager.wait(each, AT_MOST) for each in uploads]
        assert [each.problem for each in ended] == [None, None]
        assert accounts(upload_manager) == ["Alice", "Alice"]


def test_what_nobody_knows_the_owner_of_is_asked_about(
    alice: ConnectionTarget, tmp_path: Path, root: Root
) -> None:
    # Given: tickets of a version that did not note it
    with queue(tmp_path) as upload_manager:
        uploads = left(upload_manager, alice, root)
    for path in kept():
        entry = json.loads(path.read_text())
        del entry["owner"]
        path.write_text(json.dumps(entry) + "\n")
    with queue(tmp_path) as upload_manager:
        # When
        upload_manager.recover(alice, root)
        # Then
        ended = [upload_manager.wait(each, AT_MOST) for each in uploads]
        assert [each.problem and each.problem.code for each in ended] == ["account_unknown"] * 2
        assert accounts(upload_manager) == []
        # When: a person says that it is theirs
        upload_manager.retry(uploads[1])
        # Then
        assert upload_manager.wait(uploads[1], AT_MOST).problem is None
        assert accounts(upload_manager) == ["Alice"]
