"""How long what an upload left in storage is asked for: no longer than the provider keeps it."""

from __future__ import annotations

import os
import socket
import time
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest

from jupyter_openeo_artifacts.artifacts.config import resolve
from jupyter_openeo_artifacts.artifacts.resume import UploadJournalStore
from jupyter_openeo_artifacts.artifacts.uri import user_prefix
from jupyter_openeo_artifacts.journal.journal import FORGOTTEN_AFTER, Journal, headers_in, new_token
from jupyter_openeo_artifacts.journal.replay import JournalHeader
from jupyter_openeo_artifacts.s3.client import s3_client
from jupyter_openeo_artifacts.s3.credentials import Credentials, Session
from jupyter_openeo_artifacts.s3.server_clock import ServerClock
from jupyter_openeo_artifacts.state.files import state_folder
from jupyter_openeo_artifacts.state.ids import new_id
from jupyter_openeo_artifacts.state.ledger import Ledger
from jupyter_openeo_artifacts.state.log_folder import upload_file
from jupyter_openeo_artifacts.state.staged_record import StagedRecord
from jupyter_openeo_artifacts.transfer.config import TransferConfig

A_DAY = 86_400
SUBJECT = "alice"


@pytest.fixture
def endpoint() -> str:
    """Return the address of a storage that is away."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"http://127.0.0.1:{server.getsockname()[1]}"


def left_by_an_upload(
    endpoint: str,
    days: int,
    *,
    owed: bool,
    completing: bool = False,
    old: bool = True,
    upload: str | None = None,
) -> str:
    """Write the journal of an upload that was begun so many days ago; return its key."""
    day = datetime.now(timezone.utc) - timedelta(days=days)
    key = f"{user_prefix(SUBJECT)}/{day:%Y/%m/%d}/0123456789/field.tif"
    host = endpoint.removeprefix("http://")
    header = JournalHeader(
        host, "b", key, "image/tiff", 9, ["field.tif"], {"upload": upload} if upload else {}
    )
    journal = Journal.begin(state_folder("journals"), header)
    journal.note_plan(new_token(), 5)
    journal.note_upload("u")
    if completing:
        journal.note_completing()
    if owed:
        journal.mark_for_cleanup()
    journal.close()
    if not old:
        return key
    long_ago = time.time() - FORGOTTEN_AFTER - 10
    for path, _ in headers_in(state_folder("journals")):
        os.utime(path, (long_ago, long_ago))
    return key


def pay(endpoint: str, retention: int | None) -> int:
    """Clean up as a start does; return how many journals are left."""
    offered = {"s3_endpoint": endpoint, "sts_endpoint": endpoint, "role": "r", "bucket": "b"}
    offered |= {} if retention is None else {"retention_seconds": retention}
    storage, clock = resolve(None, offered, "s3"), ServerClock()
    now = datetime.now(timezone.utc)
    session = Session("AKTEST", "secret", "token", SUBJECT, now, now + timedelta(hours=1))
    client = s3_client(storage, Credentials(lambda: session), clock)
    UploadJournalStore(storage).clean_up(
        client, SUBJECT, config=TransferConfig(cleanup_patience=0.0)
    )
    return len(list(headers_in(state_folder("journals"))))


@pytest.mark.parametrize(
    ("days", "retention", "left"),
    [
        (0, None, 1),
        (8, None, 1),
        (10, None, 0),
        (10, 30 * A_DAY, 1),
        (33, 30 * A_DAY, 0),
        (2, A_DAY, 1),
        (4, A_DAY, 0),
    ],
)
def test_what_cannot_be_removed_is_asked_for_no_longer_than_it_is_kept(
    endpoint: str, days: int, retention: int | None, left: int
) -> None:
    left_by_an_upload(endpoint, days, owed=True)
    assert pay(endpoint, retention) == left


def test_what_nobody_has_tried_to_remove_is_tried_once_whatever_its_age(endpoint: str) -> None:
    # Given: a machine that was off for a month
    left_by_an_upload(endpoint, 30, owed=False)
    # When / Then
    assert pay(endpoint, None) == 1
    assert pay(endpoint, None) == 0


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note each record of the list that is read."""
    found: list[str] = []
    get = Ledger.get

    def counting(ledger: Ledger, record_id: str) -> StagedRecord:
        found.append(record_id)
        return get(ledger, record_id)

    monkeypatch.setattr(Ledger, "get", counting)
    return found


def staged(key: str) -> None:
    """Put on the list what lies under a key, among others."""
    for place in (key, f"{key}.1", f"{key}.2"):
        Ledger().add(replace(record(), uri=f"s3://b/{place}"))


def record() -> StagedRecord:
    return StagedRecord(
        id=new_id(),
        name="field.tif",
        uri="",
        backend="https://openeo.example",
        connection="0" * 16,
        provider="s3",
        size=9,
        sha256="0" * 64,
        content_type="image/tiff",
        origin="api",
        staged_at=datetime.now(timezone.utc),
    )


def test_the_list_is_not_read_for_uploads_that_only_wait(endpoint: str, reads: list[str]) -> None:
    # Given: one that is under way elsewhere, or was interrupted a moment ago
    staged(left_by_an_upload(endpoint, 0, owed=False, old=False) + ".other")
    reads.clear()
    # When / Then
    assert pay(endpoint, None) == 1
    assert reads == []


def test_the_list_is_read_once_for_what_is_owed(endpoint: str, reads: list[str]) -> None:
    # Given
    staged(left_by_an_upload(endpoint, 0, owed=True) + ".other")
    reads.clear()
    # When / Then
    assert pay(endpoint, None) == 1
    assert len(reads) == 3


@pytest.mark.parametrize("old", [False, True])
def test_the_journal_of_what_is_on_the_list_goes_at_once(endpoint: str, *, old: bool) -> None:
    # Given: its process was killed between the two
    staged(left_by_an_upload(endpoint, 0, owed=False, completing=True, old=old))
    # When / Then
    assert pay(endpoint, None) == 0


@pytest.mark.parametrize("old", [False, True])
def test_it_stays_until_its_upload_has_found_that(endpoint: str, *, old: bool) -> None:
    # Given: the upload's record is still there, so that it will be taken up and sent again
    upload = new_id()
    upload_file(upload).write_text("{}\n")
    key = left_by_an_upload(endpoint, 0, owed=False, completing=True, old=old, upload=upload)
    staged(key)
    # When / Then
    assert pay(endpoint, None) == 1
    # When / Then
    upload_file(upload).unlink()
    assert pay(endpoint, None) == 0
