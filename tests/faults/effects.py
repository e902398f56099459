"""What can be done to a request, and when."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from typing import TYPE_CHECKING, Literal

from tests.faults.wire import HangUp, Wire

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.faults.answer import Answer
    from tests.faults.content import Content
    from tests.faults.request import Operation, Request
    from tests.faults.stub import Stub

Moment = Literal["head", "body", "after", "done", "answer"]
"""Before the body; in the middle of it; when it is here, but nothing was done; when it was carried
out, but not answered; in the middle of the answer."""


@dataclass(frozen=True)
class Scene:
    """Where an effect takes place."""

    stub: Stub
    request: Request
    wire: Wire


class Effect:
    """Does nothing; the others override what they need. No effect keeps a state."""

    garbles = False
    """Whether what is wrong with a request is not its sender's fault."""

    def at(self, moment: Moment, scene: Scene) -> Answer | None:
        """Return an answer that takes the place of the storage's, or None."""
        return None

    def arrived(self, content: Content) -> Content:
        """Return what arrives in place of what was sent."""
        return content

    def content(self, content: Content) -> Content:
        """Return what is stored in place of what arrived."""
        return content

    def answer(self, answer: Answer) -> Answer:
        """Return what is answered in place of the storage's answer."""
        return answer


@dataclass(frozen=True)
class Say(Effect):
    """Answer this; nothing is carried out, unless `moment` is "done"."""

    said: Answer
    moment: Moment = "after"

    def at(self, moment: Moment, scene: Scene) -> Answer | None:
        return self.said if moment == self.moment else None


@dataclass(frozen=True)
class Break(Effect):
    """Break the connection with RST."""

    moment: Moment

    def at(self, moment: Moment, scene: Scene) -> Answer | None:
        if moment == self.moment:
            raise HangUp
        return None


@dataclass(frozen=True)
class Stall(Effect):
    """Stand still until the client has had enough or the stub is released."""

    moment: Moment
    most: float = 60.0

    def at(self, moment: Moment, scene: Scene) -> Answer | None:
        if moment == self.moment:
            scene.wire.stall(scene.stub.released, self.most)
        return None


@dataclass(frozen=True)
class Slow(Effect):
    """Wait in the middle of the body for that many seconds, then go on."""

    seconds: float

    def at(self, moment: Moment, scene: Scene) -> Answer | None:
        if moment in ("body", "after"):
            time.sleep(self.seconds)
        return None


@dataclass(frozen=True)
class Garble(Effect):
    """Change a bit on the way, before the storage sees it."""

    garbles = True

    def arrived(self, content: Content) -> Content:
        return content.flipped()


@dataclass(frozen=True)
class Flip(Effect):
    """Store one wrong bit, and say that all is well."""

    def content(self, content: Content) -> Content:
        return content.flipped()


@dataclass(frozen=True)
class Echo(Effect):
    """Store what arrived, and answer another ETag than it has."""

    etag: str

    def answer(self, answer: Answer) -> Answer:
        return replace(answer, headers={**answer.headers, "ETag": self.etag})


@dataclass(frozen=True)
class Dated(Effect):
    """Answer as ever, with a `Date` that is so far off."""

    off: timedelta

    def answer(self, answer: Answer) -> Answer:
        date = format_datetime(datetime.now(timezone.utc) + self.off, usegmt=True)
        return replace(answer, headers={**answer.headers, "Date": date})


@dataclass(frozen=True)
class Do(Effect):
    """Call something; it may break the connection by raising `HangUp`."""

    call: Callable[[Scene], None]
    moment: Moment = "head"

    def at(self, moment: Moment, scene: Scene) -> Answer | None:
        if moment == self.moment:
            self.call(scene)
        return None


@dataclass
class Fault:
    """An effect on the next `times` requests of one kind, after `skip` were let through."""

    on: Operation
    effect: Effect
    times: int = 1
    skip: int = 0
    part: int | None = None
    met: threading.Event = field(default_factory=threading.Event)

    def takes(self, request: Request) -> bool:
        """Whether it is for this request; counts it if so."""
        if request.operation != self.on or self.part not in (None, request.part):
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        if self.times <= 0:
            return False
        self.times -= 1
        self.met.set()
        return True
