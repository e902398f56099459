"""Parts leave for the storage while later bytes still arrive."""

from __future__ import annotations

import os
from hashlib import sha256

from jupyter_openeo_artifacts.sources.exceptions import SpoolClosed, SpoolError
from jupyter_openeo_artifacts.sources.spool import Spool
from jupyter_openeo_artifacts.sources.spool_source import SpoolSource
from tests.limits import AT_MOST
from tests.transfer.line import until
from tests.transfer.seaweed import PART


def test_parts_leave_while_bytes_arrive(rig) -> None:
    # Given
    content = os.urandom(3 * PART + 99)
    spool = Spool(rig.folder / "spool", len(content))
    upload = rig.upload(SpoolSource(spool))
    # When
    block = 256 * 1024
    for offset in range(0, len(content), block):
        if offset == 2 * PART:  # the first parts are stored before the last byte has come
            until(lambda: upload.told[-1:] == [2 * PART])
        spool.append(content[offset : offset + block])
    # Then
    stored = upload.future.result(AT_MOST)
    assert stored.sha256 == sha256(content).hexdigest()
    assert sha256(rig.storage.content(rig.key)).digest() == sha256(content).digest()
    assert rig.storage.leftovers(rig.key) == [f"object {rig.key}"]
    spool.remove()


def test_a_client_that_goes_away_leaves_nothing(rig) -> None:
    # Given
    spool = Spool(rig.folder / "spool", 2 * PART)
    upload = rig.upload(SpoolSource(spool))
    spool.append(bytes(PART + 1))
    until(lambda: upload.told[-1:] == [PART])
    # When
    problem = SpoolError("The browser went away.", todo="Drop the file again.")
    spool.fail(problem)
    # Then
    assert upload.error(2) is problem
    assert rig.storage.leftovers(rig.key) == []
    spool.remove()


def test_a_spool_removed_under_an_upload_leaves_nothing(rig) -> None:
    # Given
    spool = Spool(rig.folder / "spool", 2 * PART)
    upload = rig.upload(SpoolSource(spool))
    spool.append(bytes(PART))
    until(lambda: upload.told[-1:] == [PART])
    # When
    spool.remove()
    # Then
    assert isinstance(upload.error(2), SpoolClosed)
    assert rig.storage.leftovers(rig.key) == []


def test_a_small_file_in_crumbs(rig) -> None:
    # Given
    spool = Spool(rig.folder / "spool", 1000)
    upload = rig.upload(SpoolSource(spool))
    # When
    for _ in range(100):
        spool.append(b"0123456789")
    # Then
    assert upload.future.result(AT_MOST).size == 1000
    assert rig.storage.content(rig.key) == b"0123456789" * 100
    spool.remove()
