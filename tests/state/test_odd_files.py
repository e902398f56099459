"""Files of the state folder that somebody else wrote, or half of them."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING

import pytest

from jupyter_openeo_artifacts.demo.data_folder import DataFolder
from jupyter_openeo_artifacts.demo.exceptions import DataFolderUnusable
from jupyter_openeo_artifacts.state.backends import last_sign_out, note_sign_out
from jupyter_openeo_artifacts.state.files import state_folder
from jupyter_openeo_artifacts.state.ids import new_id
from jupyter_openeo_artifacts.state.ledger import Ledger
from jupyter_openeo_artifacts.state.link_ends import LinkEnds
from jupyter_openeo_artifacts.state.lock_file import Holder
from jupyter_openeo_artifacts.state.staged_record import NoSuchRecord

if TYPE_CHECKING:
    from pathlib import Path

ODD = pytest.mark.parametrize(
    "content", [b"[" * 200_000, b"\xff\xfe", b"[]", b"7", b"{}", b""], ids=range(6)
)


@ODD
def test_a_record_that_cannot_be_read_is_passed_over(content: bytes) -> None:
    # Given
    key = new_id()
    (state_folder("artifacts") / f"{key}.json").write_bytes(content)
    # When / Then
    assert Ledger().list() == []
    with pytest.raises(NoSuchRecord):
        Ledger().get(key)


@ODD
def test_the_end_of_a_link_that_cannot_be_read_is_not_known(content: bytes) -> None:
    # Given
    now = datetime.now(timezone.utc)
    LinkEnds().note("s3://bucket/key", now, now)
    (file,) = state_folder("links").iterdir()
    # When
    file.write_bytes(content)
    # Then
    assert LinkEnds().get("s3://bucket/key") is None


@ODD
def test_a_sign_out_that_cannot_be_read_raises_nothing(content: bytes) -> None:
    # Given
    note_sign_out(["connection"], "alice")
    # When
    (state_folder("sign-outs") / "connection").write_bytes(content)
    # Then
    assert not getattr(last_sign_out("connection"), "word", "")


@ODD
def test_a_lock_that_cannot_be_read_names_nobody(content: bytes) -> None:
    assert Holder.from_json(content) is None


@pytest.mark.parametrize("content", [b"[" * 200_000, b"\xff\xfe", b""], ids=range(3))
def test_the_demos_file_that_cannot_be_read_is_said_to_be_so(
    tmp_path: Path, content: bytes
) -> None:
    # Given
    folder = DataFolder(tmp_path)
    folder.open()
    (tmp_path / "x.json").write_bytes(content)
    # When / Then
    try:
        with pytest.raises(DataFolderUnusable):
            folder.read("x.json")
    finally:
        folder.close()


def test_where_the_ends_of_links_cannot_be_kept_none_is_known(own_home: Path) -> None:
    # Given: something in the way of their folder, as a read-only one of an older version is
    folder = own_home / "jupyter_openeo_artifacts_home" / "links"
    folder.write_bytes(b"")
    # When / Then
    assert LinkEnds().all(["s3://bucket/key"]) == {}
    assert LinkEnds().get("s3://bucket/key") is None
