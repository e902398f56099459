"""One upload to the stub that meets an answer, and what that answer means by the rule."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from jupyter_openeo_artifacts.concurrency.cancellation import CancelToken
from jupyter_openeo_artifacts.journal.journal import Journal, new_token
from jupyter_openeo_artifacts.s3.remote_object import ObjectStatus, RemoteObject
from jupyter_openeo_artifacts.sources.source import FileSource
from jupyter_openeo_artifacts.transfer.config import RetryPolicy, TransferConfig
from jupyter_openeo_artifacts.transfer.retry import FEW, Retrier
from jupyter_openeo_artifacts.transfer.upload import upload_object
from tests.faults.answer import Answer, refusal
from tests.faults.effects import Fault, Say
from tests.faults.stub import BUCKET, Stub
from tests.limits import AT_MOST
from tests.support.uploads import Observer, Renewing

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mypy_boto3_s3 import S3Client

    from jupyter_openeo_artifacts.s3.error_mapping import StorageSeen
    from tests.faults.effects import Moment, Scene
    from tests.faults.request import Operation


STATUSES = (200, 301, 302, 307, 400, 401, 403, 404, 405, 407, 408, 411, 413, 418, 429)
STATUSES += (500, 501, 502, 503, 504, 511, 520)


BUSY = {408, 429, 500, 502, 503, 504, 520}
"""What is waited for whoever says it."""


Body = Literal["document", "HTML", "text", "empty", "tagged"]


BODIES: tuple[Body, ...] = ("document", "HTML", "text", "empty")


SUCCESSES: tuple[Body, ...] = (*BODIES, "tagged")
"""A page of a web server has an ETag, too, of another form."""


Meaning = Literal["final", "soon", "waited for", "bounded", "told", "too large"]


Place = Literal["first", "put", "part", "create", "complete", "head"]


OPERATIONS: dict[Place, Operation] = {
    "first": "Put",
    "put": "Put",
    "part": "UploadPart",
    "create": "Create",
    "complete": "Complete",
    "head": "Head",
}


PART = 1000


MORE_THAN_A_FEW = FEW + 2


ALWAYS = 200


PAGE = b"<!DOCTYPE html><html><form>Hotel log-in</form></html>"


def answer(status: int, body: Body) -> Answer:
    """Return it as it comes from the storage ("document") or from something in between."""
    there = {"Location": "/login"} if 300 < status < 400 else {}
    if body == "document":  # S3 says with 200, too, that something went wrong on its side
        code = "InternalError" if status in {*BUSY, 200} else "NoSuchBucket"
        named = refusal(status, code)
        return Answer(status, named.body, {**named.headers, **there}, own=False)
    content, kind = {
        "HTML": (PAGE, "text/html; charset=utf-8"),
        "text": (b"default backend - 404", "text/plain"),
        "tagged": (b"It works!", "text/plain"),
        "empty": (b"", ""),
    }[body]
    headers = {"Content-Type": kind} if kind else {}
    tag = {"ETag": '"5f3-abc"'} if body == "tagged" else {}
    return Answer(status, content, {**headers, **tag, **there}, own=False)


@dataclass(frozen=True)
class Cell:
    """One answer to one request."""

    status: int
    body: Body
    place: Place

    def __str__(self) -> str:
        return f"{self.status}-{self.body}-{self.place}"

    @property
    def meant(self) -> Meaning:
        """What is right, by the rule."""
        said = self.body == "document"
        if self.status == 200:
            return self._success
        if self.status in BUSY:
            return "waited for"
        if said and self.place == "head" and self.status == 404:
            return "told"
        if said:
            return "final"
        if self.status == 413 and self.place in ("first", "put"):  # nothing as large has gone yet
            return "too large"
        return "soon" if self.place == "first" else "waited for"

    @property
    def _success(self) -> Literal["soon", "waited for", "bounded"]:
        """What is right for a success that is none of S3's."""
        if self.place == "first":
            return "soon"
        costs_nothing = self.place in ("complete", "head")
        said = self.place == "create" and self.body == "document"
        passes = self.body == "HTML" or costs_nothing or said
        return "waited for" if passes else "bounded"


CELLS = [
    Cell(status, body, place)
    for status in STATUSES
    for body in (SUCCESSES if status == 200 else BODIES)
    for place in OPERATIONS
]


FAILING = [cell for cell in CELLS if cell.meant != "told"]


@dataclass(frozen=True)
class SayLater(Say):
    """Answer this once something has happened."""

    then: threading.Event = field(kw_only=True)

    def at(self, moment: Moment, scene: Scene) -> Answer | None:
        if moment == self.moment:
            assert self.then.wait(AT_MOST)
        return super().at(moment, scene)


@dataclass
class Try:
    """One upload to the stub, and how often the storage was asked for what fails."""

    stub: Stub
    client: S3Client
    path: Path
    contact: StorageSeen
    key: str
    refresh: Callable[[], None] | None = None
    stored: threading.Event = field(default_factory=threading.Event)
    """Set when the first bytes are known to be stored."""

    def send(self, size: int, journal: Journal | None = None) -> None:
        """Upload so many bytes, in parts of `PART`."""
        self.path.write_bytes(os.urandom(size))
        source = FileSource.from_path(self.path)
        if journal is None:
            journal = Journal.none()
            journal.note_plan(new_token(), PART)
        observer = Observer(on_progress=lambda _: self.stored.set())
        try:
            upload_object(
                self.client,
                bucket=BUCKET,
                key=self.key,
                source=source,
                content_type="image/tiff",
                observer=observer,
                config=TransferConfig(watch_every=60.0),
                credentials=None if self.refresh is None else Renewing(self.refresh),
                journal=journal,
                contact=self.contact,
            )
        finally:
            source.close()

    def look(self) -> ObjectStatus:
        """Look for the object, as an upload does."""
        remote = RemoteObject(self.client, BUCKET, self.key, new_token(), self.contact)
        retrier = Retrier(remote.host, RetryPolicy(), CancelToken(), self.contact)
        return retrier.run("look for it", lambda: remote.find(1, None))

    def run(self, place: Place) -> None:
        """Do what meets the fault."""
        if place == "head":
            self.look()
        else:
            self.send(PART if place in ("first", "put") else 3 * PART)

    def meet(self, cell: Cell, times: int) -> None:
        """Have it met by an answer so many times."""
        self.stub.seen.clear()
        part = 2 if cell.place == "part" else None
        said = Say(answer(cell.status, cell.body))
        if part:
            said = SayLater(said.said, then=self.stored)
        self.stub.add(Fault(OPERATIONS[cell.place], said, times, 0, part))

    def asked(self, cell: Cell) -> int:
        """Return how often the request was made that `meet` is about."""
        part = 2 if cell.place == "part" else 0
        wanted = (OPERATIONS[cell.place], part)
        return sum((each.operation, each.part) == wanted for each in self.stub.seen)
