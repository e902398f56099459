"""One upload through the lives of several processes, a request at a time."""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import EndpointConnectionError

from jupyter_openeo_artifacts.concurrency.cancellation import CancelToken
from jupyter_openeo_artifacts.journal.journal import Journal
from jupyter_openeo_artifacts.journal.replay import JournalHeader
from jupyter_openeo_artifacts.s3.server_clock import ServerClock
from jupyter_openeo_artifacts.sources.source import FileSource
from jupyter_openeo_artifacts.transfer.cleanup import settle
from jupyter_openeo_artifacts.transfer.config import RetryPolicy, TransferConfig
from jupyter_openeo_artifacts.transfer.upload import upload_object
from tests.faults.clients import credentials_of, our_client
from tests.faults.stub import BUCKET

if TYPE_CHECKING:
    from pathlib import Path

    from jupyter_openeo_artifacts.transfer.upload_context import StoredObject
    from tests.faults.stub import Stub

KEY = "me/2026/11/22/0123456789/model.onnx"
PART = 64 * 1024
"""Smaller than S3 allows, so that thousands of parts are cheap; the journal sets it."""
IN_FLIGHT = 3


class Gate:
    """Where each request waits until it is let through."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._permits = 0
        self._open = False
        self.waiting = 0
        self.line_is_cut = False
        self.dead = False

    def __call__(self, request: object, **_: object) -> None:
        with self._changed:
            self.waiting += 1
            self._changed.wait_for(
                lambda: self._permits or self._open or self.dead or self.line_is_cut
            )
            self.waiting -= 1
            if self.dead or self.line_is_cut:
                raise EndpointConnectionError(endpoint_url="http://stub")
            self._permits -= not self._open

    def let(self, count: int) -> None:
        """Let so many requests through."""
        with self._changed:
            self._permits += count
            self._changed.notify_all()

    def change(self, **to: bool) -> None:
        """Cut or mend the line, or end the process."""
        with self._changed:
            for name, value in to.items():
                setattr(self, name, value)
            self._changed.notify_all()

    def stand_open(self) -> None:
        """Let all through from now on."""
        self.change(_open=True, line_is_cut=False)


@dataclass
class Life:
    """One process that uploads `file`, from the journal of the one before where there is one."""

    stub: Stub
    file: Path
    journals: Path

    def __post_init__(self) -> None:
        self.gate = Gate()
        self.cancel = CancelToken()
        self.source = FileSource.from_path(self.file)
        self.journal = self._journal()
        clock = ServerClock()
        self.credentials = credentials_of(self.stub, clock)
        self.client = our_client(self.stub, self.credentials, clock)
        self.client.meta.events.register("before-send.s3", self.gate)
        self.config = TransferConfig(
            in_flight=IN_FLIGHT,
            retry=RetryPolicy(patience=600),
            watch_every=0.02,
            grace=30,
        )
        self.outcome: Future[StoredObject] = Future()
        threading.Thread(target=self._run, name="cell", daemon=True).start()

    @property
    def ended(self) -> bool:
        return self.outcome.done()

    def settle_down(self, seconds: float = 0.3) -> None:
        """Return when requests wait at the gate, or it has ended, or nothing comes."""
        end = time.monotonic() + seconds
        while not (self.ended or self.gate.waiting or self.gate.line_is_cut):
            if time.monotonic() > end:
                return
            time.sleep(0.002)

    def kill(self) -> None:
        """End as by `kill -9`: nothing that it does reaches storage or the disk any more."""
        self.gate.change(dead=True)
        self.journal.close()
        self.cancel.suspend()  # only so that its threads do not try again for ten minutes

    def stop(self) -> None:
        """End in good order."""
        self.cancel.suspend()
        self.gate.stand_open()
        self.outcome.exception(30)

    def pay(self) -> None:
        """Clean up what is owed, or what nobody goes on with, as the next start does: signed in."""
        self.credentials.renew_expired()
        for path in list(self.journals.iterdir()):
            journal = Journal.take(path)
            if journal is not None:
                settle(self.client, journal, self.config, self.credentials)

    def _run(self) -> None:
        try:
            stored = upload_object(
                self.client,
                bucket=BUCKET,
                key=KEY,
                source=self.source,
                content_type="image/tiff",
                cancel=self.cancel,
                credentials=self.credentials,
                config=self.config,
                journal=self.journal,
            )
        except BaseException as error:  # noqa: BLE001 - handed on
            self.outcome.set_exception(error)
        else:
            if not self.gate.dead:
                self.journal.remove()
            self.outcome.set_result(stored)
        finally:
            self.source.close()

    def _journal(self) -> Journal:
        for path in self.journals.iterdir():
            journal = Journal.take(path)
            if journal is not None:
                return journal
        source = self.source
        header = JournalHeader("stub", BUCKET, KEY, "image/tiff", source.size, source.identity, {})
        made = Journal.begin(self.journals, header, durable=False)
        made.note_plan("0" * 32, PART)
        return made
