"""The stage of one cell: a stub, a source, and what a script may do to them."""

from __future__ import annotations

import os
import threading
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from jupyter_openeo_artifacts.concurrency.cancellation import CancelToken
from jupyter_openeo_artifacts.s3.server_clock import ServerClock
from jupyter_openeo_artifacts.sources.spool_source import SpoolSource
from tests.faults.clients import credentials_of
from tests.faults.effects import Do, Effect, Fault, Moment, Scene
from tests.faults.sources import Arriving, Kind, content_of, file_source
from tests.faults.stub import Stub
from tests.faults.tls import make_context
from tests.faults.watch import CANARY

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from typing_extensions import Self

    from jupyter_openeo_artifacts.sources.source import Source
    from tests.faults.case import Case
    from tests.faults.request import Operation

MANY = 10_000


@dataclass
class Rig:
    """What a script finds; it is run before the source is made."""

    case: Case
    size: int
    kind: Kind
    folder: Path
    part: int
    """Bytes of a part, as the engine cuts it."""
    at_once: int
    """How many parts it sends at once."""
    stub: Stub = field(init=False)
    cancel: CancelToken = field(default_factory=CancelToken)
    before: Callable[[Arriving, int], None] = lambda *_: None
    """What happens to bytes before they arrive."""
    overwritten: bool = False
    """Whether it begins with somebody else's object at the key."""
    healed: bool = False
    """Whether all goes well again."""
    environment: ExitStack = field(default_factory=ExitStack)
    """Patches that last as long as the cell."""
    _arriving: Arriving | None = None

    def __enter__(self) -> Self:
        tls = None
        if self.case.tls:
            tls, certificate = make_context(self.folder)
            trusted = {"AWS_CA_BUNDLE": str(certificate)}
            self.environment.enter_context(patch.dict(os.environ, trusted))
        self.stub = self.environment.enter_context(Stub(self.case.policy, tls))
        self.clock = ServerClock()
        self.credentials = credentials_of(self.stub, self.clock)
        self.key = f"me/{self.stub.now():%Y/%m/%d}/0123456789/{CANARY}.tif"
        self.path = self.folder / f"{CANARY}.tif"
        if self.kind == "file":
            self.path.write_bytes(content_of(self.size))
        self.case.script(self)
        return self

    def __exit__(self, *_: object) -> None:
        if self._arriving:
            self._arriving.close()
        self.environment.close()
        self.path.unlink(missing_ok=True)

    @property
    def several(self) -> bool:
        """Whether it goes in parts."""
        return self.size > self.part

    @property
    def last_part(self) -> int:
        """The number of the last part."""
        return max(1, -(-self.size // self.part))

    def source(self) -> Source:
        """Return a fresh view of the bytes, as each try has one."""
        if self.kind == "file":
            return file_source(self.path)
        if self._arriving is None:
            self._arriving = Arriving(self.kind, self.folder, self.size, self.before)
        return SpoolSource(self._arriving.spool)

    def fault(
        self,
        on: Operation,
        effect: Effect,
        times: int = 1,
        *,
        skip: int = 0,
        part: int | None = None,
    ) -> Fault:
        """Script a fault."""
        return self.stub.add(Fault(on, effect, times, skip, part))

    def when(
        self,
        on: Operation,
        call: Callable[[], Any],
        moment: Moment = "head",
        *,
        skip: int = 0,
        part: int | None = None,
    ) -> None:
        """Have something done once, when such a request is here."""

        def once(_: Scene) -> None:
            call()

        self.fault(on, Do(once, moment), skip=skip, part=part)

    def content_request(self) -> tuple[Operation, int | None]:
        """Return what carries bytes, and the part in the middle of the upload."""
        return ("UploadPart", 2) if self.several else ("Put", None)

    def heal(self) -> None:
        """Let all go well from now on."""
        self.healed = True
        self.stub.faults.clear()
        self.stub.come_up()
        self.stub.be_itself()
        self.stub.release()

    def later(self, seconds: float, call: Callable[[], None]) -> None:
        """Call something after so many real seconds."""
        timer = threading.Timer(seconds, call)
        timer.daemon = True
        timer.start()
        self.environment.callback(timer.cancel)
