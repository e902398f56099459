"""Answers that are odd and harmless: an upload goes on as others do."""

from __future__ import annotations

import errno
import os
import socket
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from typing import Any

import pytest

from jupyter_openeo_artifacts.concurrency.cancellation import CancelToken
from jupyter_openeo_artifacts.error_catalog import find
from jupyter_openeo_artifacts.error_catalog.response import ProviderAnswer
from jupyter_openeo_artifacts.errors import MachineExhausted
from jupyter_openeo_artifacts.s3.remote_object import quoted_etag
from jupyter_openeo_artifacts.s3.request_body import body
from jupyter_openeo_artifacts.s3.server_clock import ServerClock, local_now
from tests.artifacts.held_storage import answer, held_storage
from tests.artifacts.test_exchange import CALLS, client

MIB = 1024 * 1024
SKEWED = "<Error><Code>RequestTimeTooSkewed</Code></Error>"


def test_a_bucket_that_moves_for_now_is_asked_again() -> None:
    """Nothing is sent to the host that the answer names."""
    assert find("s3", ProviderAnswer(code="TemporaryRedirect", status=307)).row.kind == "again"


@pytest.mark.parametrize("etag", ['"0123"', 'W/"0123"', "0123"], ids=["strong", "weak", "bare"])
def test_etags_of_parts_are_named_strong_in_complete(etag: str) -> None:
    """A proxy that compresses makes them weak; storage has strong ones."""
    assert quoted_etag(etag) == '"0123"'


def test_a_417_is_answered_by_the_same_request_without_expect() -> None:
    content = memoryview(os.urandom(3 * MIB))
    bodies: list[bytes] = []
    with held_storage(lambda *_: answer(ETag='"0123"')) as server:
        server.on_body = bodies.append
        server.refuses_expect = True
        made = client(server.address)
        # When
        for _ in range(2):
            with body(content, CancelToken()) as sent:
                made.put_object(Bucket="b", Key="k", Body=sent)
    # Then: the same bytes have come, and what was learned holds for the next one
    assert bodies == [bytes(content)] * 2
    assert server.refused == 1


def test_a_date_before_all_storages_is_none() -> None:
    clock = ServerClock()
    clock.hear("Thu, 01 Jan 1970 00:00:00 GMT")
    assert clock.offset == timedelta(0)


def test_our_own_time_is_taken_where_storage_refuses_what_it_has_told() -> None:
    """As a proxy does whose clock is wrong, before a storage whose clock is right."""
    wrong = format_datetime(local_now() - timedelta(hours=5), usegmt=True)
    clock, dates = ServerClock(), []

    def answered(method: str, path: str) -> bytes:
        date = next(
            line.partition(b": ")[2].decode()
            for line in server.heads[-1].split(b"\r\n")
            if line.lower().startswith(b"x-amz-date")
        )
        dates.append(datetime.strptime(date + "+0000", "%Y%m%dT%H%M%SZ%z"))
        off = abs(datetime.now(timezone.utc) - dates[-1]) > timedelta(minutes=15)
        return answer("403 Forbidden", SKEWED, Date=wrong) if off else answer(ETag="x", Date=wrong)

    with held_storage(answered) as server:
        made = client(server.address, clock=clock)
        made.put_object(Bucket="b", Key="k", Body=b"x")
        # When: dated by what was told
        with pytest.raises(made.botocore.exceptions.ClientError):
            made.put_object(Bucket="b", Key="k", Body=b"x")
        # Then
        for _ in range(3):
            made.put_object(Bucket="b", Key="k", Body=b"x")
    assert clock.offset == timedelta(0)


@pytest.mark.parametrize("lack", [errno.EMFILE, errno.ENFILE, errno.ENOMEM])
@pytest.mark.parametrize("call", ["part", "small file", "create", "sts"])
def test_what_this_machine_is_out_of_is_said_at_once(
    monkeypatch: pytest.MonkeyPatch, call: str, lack: int
) -> None:
    # Given
    asked = []

    def none_left(*_: Any, **__: Any) -> Any:
        asked.append(call)
        raise OSError(lack, os.strerror(lack))

    with held_storage(lambda *_: answer(ETag="x")) as server:
        monkeypatch.setattr(socket, "socket", none_left)
        # When
        with pytest.raises(MachineExhausted) as caught:
            CALLS[call](server.address)
        monkeypatch.undo()
    # Then
    assert caught.value.who == "you"
    assert len(asked) == 1
