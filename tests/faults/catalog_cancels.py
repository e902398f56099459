"""A cancel at each point of each request."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from tests.faults.answer import refusal
from tests.faults.case import Case
from tests.faults.effects import Break, Do, Say, Scene
from tests.faults.policy import PRODUCTION
from tests.faults.rig import MANY

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.faults.answer import Answer
    from tests.faults.effects import Moment
    from tests.faults.request import Operation
    from tests.faults.rig import Rig

LATE = 5.0
"""Real seconds from the cancel on; two are promised, on a machine that is not busy."""
MOMENTS: tuple[Moment, ...] = ("head", "body", "after", "done")
SIZES: dict[Operation, tuple[str, ...]] = {
    "Put": ("0", "part"),
    "Create": ("3 parts+7",),
    "UploadPart": ("part+1", "3 parts+7"),
    "Complete": ("3 parts+7",),
}


def _cancel(rig: Rig, on: Operation, moment: Moment, *, breaks: bool) -> None:
    """Cancel in the middle of a request, which goes on or breaks."""

    def call(scene: Scene) -> None:
        rig.cancel.cancel()
        if breaks:
            Break(moment).at(moment, scene)

    part = 2 if on == "UploadPart" else None
    rig.fault(on, Do(call, moment), part=part)


def _cancel_in_an_outage(rig: Rig) -> None:
    on, part = rig.content_request()

    def call() -> None:
        rig.stub.go_down()
        rig.later(0.3, rig.cancel.cancel)
        rig.later(0.6, rig.stub.come_up)

    rig.when(on, call, "body", part=part)


@dataclass(frozen=True)
class _SayAndDo(Say):
    """Answer this, and have something done besides."""

    call: Callable[[], None] = field(kw_only=True)

    def at(self, moment: Moment, scene: Scene) -> Answer | None:
        if moment == self.moment:
            self.call()
        return super().at(moment, scene)


def _cancel_in_a_retry(rig: Rig) -> None:
    on, part = rig.content_request()
    said = refusal(503, "SlowDown", Retry_After="60")
    rig.fault(on, _SayAndDo(said, call=lambda: rig.later(0.3, rig.cancel.cancel)), MANY, part=part)


def _cancel_while_it_looks(rig: Rig) -> None:
    rig.when("Head", rig.cancel.cancel)


def cases() -> list[Case]:
    """Return all of them."""
    made = [
        Case(
            f"cancel, {on} {moment}{', RST' if breaks else ''}",
            partial(_cancel, on=on, moment=moment, breaks=breaks),
            # A request whose answer was not heard may arrive after all was looked at, so the next
            # start looks once more; which requests those are depends on how fast the cancel is.
            right=("cancelled", "owed"),
            sizes=tuple(size for size in sizes if size != "0" or moment != "body"),
            most=LATE,
        )
        for on, sizes in SIZES.items()
        for moment in MOMENTS
        for breaks in (False, True)
        if (on, moment) != ("Create", "body")
    ]
    bare = replace(PRODUCTION, repeated_complete=404)
    made += [
        Case(
            "cancel, Complete done, production",
            partial(_cancel, on="Complete", moment="done", breaks=False),
            right=("stored", "cancelled"),
            sizes=("3 parts+7",),
            policy=bare,
            most=LATE,
        ),
        Case("cancel in an outage", _cancel_in_an_outage, right=("cancelled",),
             sizes=("part", "3 parts+7"), most=LATE),
        Case("cancel while it waits", _cancel_in_a_retry, right=("cancelled",),
             sizes=("part", "3 parts+7"), most=LATE),
        Case("cancel while it looks", _cancel_while_it_looks, right=("cancelled", "stored"),
             sizes=("3 parts+7",), most=LATE),
    ]  # fmt: skip
    return made
