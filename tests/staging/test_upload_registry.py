"""The list of uploads stays short, and loses nothing that is still needed."""

from __future__ import annotations

from typing import Any

import pytest

from jupyter_openeo_artifacts.errors import Cancelled
from jupyter_openeo_artifacts.s3.exceptions import StorageUnreachable
from jupyter_openeo_artifacts.sources.spool import Spool
from jupyter_openeo_artifacts.staging import upload_registry as upload_list
from jupyter_openeo_artifacts.staging.exceptions import TooManyFailed
from jupyter_openeo_artifacts.staging.upload import Upload
from jupyter_openeo_artifacts.staging.upload_registry import UploadList
from jupyter_openeo_artifacts.staging.upload_spec import UploadSpec
from jupyter_openeo_artifacts.state.ids import new_id
from tests.staging.left import Away

FAILED = StorageUnreachable("Storage does not answer.")


def failed(spool: Spool | None = None) -> Upload:
    source: Any = None
    target = Away()
    spec = UploadSpec(new_id(), target.id, target.backend, "a.tif", "browser", 9)
    upload = Upload(spec, target, source, lambda _: None, spool=spool)
    assert upload.move("failed", problem=FAILED)
    return upload


def test_the_oldest_failed_uploads_leave_but_those_whose_bytes_are_kept(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given
    monkeypatch.setattr(upload_list, "KEPT", 2)
    given_up = Spool(tmp_path / "given up", 9)
    given_up.fail(Cancelled())
    waiting = failed(Spool(tmp_path / "waiting", 9))
    gone = [failed(given_up), failed(), failed()]
    left = [failed(), failed()]
    uploads = UploadList()
    # When
    for upload in [waiting, *gone, *left]:
        uploads.add(upload)
    # Then
    assert {upload.id for upload in uploads.all()} == {upload.id for upload in [waiting, *left]}


def test_no_file_is_taken_while_too_many_wait_for_another_try(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given
    monkeypatch.setattr(upload_list, "MOST", 3)
    uploads = UploadList()
    for number in range(2):
        uploads.add(failed(Spool(tmp_path / str(number), 9)))
        uploads.add(failed())  # of which nothing is kept
    uploads.check_room()
    last = failed(Spool(tmp_path / "last", 9))
    uploads.add(last)
    # When / Then: nothing is lost, and it is said what makes room
    with pytest.raises(TooManyFailed, match=r"3 files .* tried again.* remove") as refused:
        uploads.check_room()
    assert refused.value.who == "you"
    assert len(uploads.all()) == 5
    # When
    uploads.pop(last.id)
    # Then
    uploads.check_room()
