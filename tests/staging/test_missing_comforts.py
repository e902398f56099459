"""What our folder is for are comforts: each may be missing, and files are staged all the same."""

from __future__ import annotations

import errno
import logging
import os
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from jupyter_openeo_artifacts import build_artifact_helper, verify
from jupyter_openeo_artifacts import errors as once
from jupyter_openeo_artifacts.cli.main import main
from jupyter_openeo_artifacts.errors import RecordsUnusable
from jupyter_openeo_artifacts.sources.source import FileSource
from jupyter_openeo_artifacts.staging.manager import UploadManager
from jupyter_openeo_artifacts.staging.target import ConnectionTarget, default_sessions
from jupyter_openeo_artifacts.state.files import state_folder
from jupyter_openeo_artifacts.state.ledger import Ledger
from tests.servers.provider import connected

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from jupyter_openeo_artifacts.demo.provider import LocalProvider

MonkeyPatch = pytest.MonkeyPatch


def no_place_for_it(patch: MonkeyPatch) -> None:
    """Home is where nobody can make a folder, not even an administrator."""
    patch.setenv("JUPYTER_OPENEO_ARTIFACTS_HOME", "/dev/null/artifacts")


def _refusing(patch: MonkeyPatch, name: str, number: int, *, writing: bool = False) -> None:
    real, home = getattr(os, name), str(state_folder())

    def refuse(path: Any, *args: Any, **more: Any) -> Any:
        wanted = not writing or (args and args[0] & (os.O_WRONLY | os.O_RDWR))
        if wanted and str(path).startswith(home):
            raise OSError(number, os.strerror(number), str(path))
        return real(path, *args, **more)

    patch.setattr(os, name, refuse)


def unreadable(patch: MonkeyPatch) -> None:
    """The folders are another user's, as `sudo` leaves them."""
    _refusing(patch, "scandir", errno.EACCES)
    _refusing(patch, "open", errno.EACCES)


def read_only(patch: MonkeyPatch) -> None:
    """The home is mounted read-only."""
    _refusing(patch, "open", errno.EROFS, writing=True)


def full(patch: MonkeyPatch) -> None:
    """There is no room on the disk."""
    _refusing(patch, "open", errno.ENOSPC, writing=True)


MISSING = [no_place_for_it, unreadable, read_only, full]
missing = pytest.mark.parametrize("miss", MISSING, ids=lambda miss: miss.__name__)


@pytest.fixture(autouse=True)
def _as_in_a_new_process(monkeypatch: MonkeyPatch) -> None:
    monkeypatch.setattr(once, "WARNED", set())


def keys(provider: LocalProvider) -> set[str]:
    pages = provider.storage.administrator().get_paginator("list_objects_v2")
    return {
        found["Key"]
        for page in pages.paginate(Bucket=provider.bucket)
        for found in page.get("Contents", [])
    }


@missing
def test_files_are_staged_once_and_it_is_said_once_what_is_missing(
    provider: LocalProvider,
    file: Path,
    monkeypatch: MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    *,
    miss: Callable[[MonkeyPatch], None],
) -> None:
    # Given
    target = ConnectionTarget(connected(provider))
    target.helper()
    miss(monkeypatch)
    before = keys(provider)
    # When: the same file again and again, as in a loop or by who does not trust the warning
    upload_manager = UploadManager()
    try:
        with caplog.at_level(logging.WARNING):
            for _ in range(3):
                upload = upload_manager.stage(
                    target,
                    partial(FileSource.from_path, file),
                    name="a.bin",
                    size=file.stat().st_size,
                    origin="magic",
                )
                ended = upload_manager.wait(upload.id, 60)
                # Then
                assert (ended.state, ended.problem) == ("staged", None)
                record = upload_manager.ledger.get(ended.artifact)
                problem = upload_manager.ledger.problem(record.id)
                assert problem is not None
                assert str(state_folder_text()) in problem.message
                assert [each.id for each in upload_manager.ledger.list()] == [record.id]
    finally:
        upload_manager.close()
    assert len(keys(provider) - before) == 1
    said = [each.getMessage() for each in caplog.records]
    assert len(said) == len(set(said))
    assert any("on no list" in each for each in said)


def state_folder_text() -> str:
    return os.environ["JUPYTER_OPENEO_ARTIFACTS_HOME"]


@missing
def test_the_helper_goes_on(
    provider: LocalProvider,
    file: Path,
    monkeypatch: MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    *,
    miss: Callable[[MonkeyPatch], None],
) -> None:
    # Given
    helper = build_artifact_helper(connected(provider))
    large = file.with_name("large.bin")
    large.write_bytes(os.urandom(9 * 2**20))
    miss(monkeypatch)
    # When
    with caplog.at_level(logging.WARNING):
        small = helper.upload_file(file)
        in_parts = helper.upload_file(large)
    # Then
    assert helper.verify(small).there
    assert helper.verify(in_parts).there
    assert any("not on the list" in each.getMessage() for each in caplog.records)


def list_unreadable(patch: MonkeyPatch) -> None:
    """The folder of the list alone is another user's."""
    real, folder = os.scandir, str(state_folder("artifacts"))

    def refuse(path: Any) -> Any:
        if str(path).startswith(folder):
            raise OSError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        return real(path)

    patch.setattr(os, "scandir", refuse)


def test_a_storage_uri_needs_no_list(
    provider: LocalProvider,
    file: Path,
    tmp_path: Path,
    monkeypatch: MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    # Given
    monkeypatch.setenv("JUPYTER_OPENEO_ARTIFACTS_BACKENDS", provider.backend)
    monkeypatch.setenv("OPENEO_AUTH_METHOD", "client_credentials")
    monkeypatch.setenv("OPENEO_AUTH_CLIENT_ID", provider.service.client_id)
    monkeypatch.setenv("OPENEO_AUTH_CLIENT_SECRET", provider.service.secret)
    default_sessions.forget()
    assert main(["upload", str(file), "--backend", provider.backend]) == 0
    uri = capsys.readouterr().out.strip()
    list_unreadable(monkeypatch)
    # When / Then
    assert verify(uri, backend=provider.backend).there
    for words in (
        ["link", uri],
        ["verify", uri],
        ["download", uri, str(tmp_path / "again.bin")],
        ["delete", uri, "--yes"],
    ):
        assert main([*words, "--backend", provider.backend]) == 0, words
    # And: a name does, and the reason is told
    assert main(["verify", file.name]) == 1
    assert "cannot be used: Permission denied" in capsys.readouterr().err
    with pytest.raises(RecordsUnusable):
        Ledger().anew()
