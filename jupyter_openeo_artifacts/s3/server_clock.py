"""What time it is at the storage, whatever this machine's clock says."""

from __future__ import annotations

import threading
import time
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from jupyter_openeo_artifacts.concurrency.process_end import call_after_fork
from jupyter_openeo_artifacts.error_catalog.response import read_date

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client
    from mypy_boto3_sts.client import STSClient


_SLACK = timedelta(seconds=2)  # a Date has whole seconds, and its making may have been a moment ago

_BEGUN = "openeo-artifacts-begun"

_DATED = "openeo-artifacts-dated"

_EARLIEST = datetime(2024, 1, 1, tzinfo=timezone.utc)  # before this was written: no time at all

_LATEST = datetime(3000, 1, 1, tzinfo=timezone.utc)  # behind the last one Python reckons no further

_SKEWED = "RequestTimeTooSkewed"


def local_now() -> datetime:
    """Return this machine's time, which may be wrong."""
    return datetime.now(timezone.utc)


@lru_cache(maxsize=16)  # many answers come in one second
def _read(date: str) -> datetime | None:
    """Return what a `Date` says in UTC; None where it is none that can be."""
    dated = read_date(date)
    return dated if dated is not None and _EARLIEST <= dated < _LATEST else None


class ServerClock:
    """The storage's time, learned from the `Date` of each of its answers.

    https://www.rfc-editor.org/rfc/rfc9110#name-date. Sessions end, links end and days begin by the
    storage's clock, and requests that are dated by one 15 minutes off are refused. Below some 2 s
    the two count as the same. Serves any number of threads.
    """

    def __init__(self) -> None:
        self.reset_after_fork()
        self._offset = timedelta(0)
        self._doubted = False
        call_after_fork(self)

    def reset_after_fork(self) -> None:
        """Have a lock that no thread of the parent holds."""
        self._lock = threading.Lock()

    @property
    def offset(self) -> timedelta:
        """How far the storage's clock is before ours."""
        return timedelta(0) if self._doubted else self._offset

    def now(self) -> datetime:
        """Return the storage's time in UTC; ours until it has answered once."""
        return local_now() + self.offset

    def hear(self, date: str | None, took: float = 0.0) -> None:
        """Learn from the `Date` of an answer that has just come.

        Parameters
        ----------
        took
            Seconds since its request was made: it was dated at some moment of these, so one that
            took long teaches less.
        """
        dated = _read(date or "")
        if dated is None:
            return
        received_at = local_now()
        least, most = dated - received_at, dated - received_at + timedelta(seconds=1 + took)
        with self._lock:
            if least - _SLACK <= self._offset <= most + _SLACK:
                return
            middle = (least + most) / 2
            self._offset = middle if abs(middle) > _SLACK else timedelta(0)

    def refused(self, offset: timedelta) -> None:
        """Take this machine's own time where the one that storage has told is refused by it.

        A proxy's `Date` may be wrong where the storage behind it is right. Where both are refused,
        they are taken in turn.

        Parameters
        ----------
        offset
            By which the refused request was dated.
        """
        with self._lock:
            if abs(offset - self.offset) <= 2 * _SLACK:  # else another one is taken by now
                self._doubted = not self._doubted and self._offset != timedelta(0)

    def listen(self, client: S3Client | STSClient) -> None:
        """Hear all answers that `client` gets."""
        service = client.meta.service_model.service_id.hyphenize()
        client.meta.events.register(f"before-sign.{service}", self._begun)
        client.meta.events.register(f"response-received.{service}", self._answered)

    def begin(self, context: dict[str, Any]) -> None:
        """Note in a request's context when it is made, and how it is dated."""
        context[_BEGUN] = time.monotonic()
        context[_DATED] = self.offset

    def _begun(self, request: Any, **_: Any) -> None:
        self.begin(request.context)

    def _answered(
        self,
        response_dict: dict[str, Any] | None,
        context: dict[str, Any],
        parsed_response: dict[str, Any] | None = None,
        **_: Any,
    ) -> None:
        headers = (response_dict or {}).get("headers", {})
        if "age" not in headers:  # else a cache on the way kept it
            self.hear(headers.get("date"), time.monotonic() - context.get(_BEGUN, time.monotonic()))
        if (parsed_response or {}).get("Error", {}).get("Code") == _SKEWED:
            self.refused(context.get(_DATED, self.offset))
