"""Answers that are odd and harmless: a whole upload with each is stored as others are."""

from __future__ import annotations

import threading
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.s3.credentials import Credentials, Session
from tests.faults.answer import Answer, refusal
from tests.faults.case import SEVERAL, SINGLE, Case
from tests.faults.clients import HOURS
from tests.faults.effects import Dated, Effect, Say
from tests.faults.policy import Policy
from tests.faults.rig import MANY
from tests.limits import AT_MOST

if TYPE_CHECKING:
    from tests.faults.request import Operation
    from tests.faults.rig import Rig

BOTH = ("0", "part", "3 parts+7")
LARGE = ("part", "3 parts+7")
ELSEWHERE = {"Location": "/artifacts/elsewhere"}
MOVED = refusal(307, "TemporaryRedirect", **ELSEWHERE)
"""Of the storage itself, to another path of it."""
MOVED_BETWEEN = Answer(307, b"", ELSEWHERE, own=False)
"""Of a load balancer before the storage."""
REQUESTS: dict[Operation, tuple[str, ...]] = {
    "Put": tuple(SINGLE),
    "Create": ("part+1", "3 parts+7"),
    "UploadPart": tuple(SEVERAL),
    "Complete": ("part+1", "3 parts+7"),
}
DATES = {
    "5 hours ahead": timedelta(hours=5),
    "5 hours behind": timedelta(hours=-5),
    "13 hours ahead, when each session is over": timedelta(hours=13),
    "of 1970": timedelta(days=-56 * 365),
}


def _nothing(rig: Rig) -> None:
    """No fault but for the storage's ways."""


def _script(on: Operation, effect: Effect, times: int, rig: Rig) -> None:
    rig.fault(on, effect, times, part=2 if on == "UploadPart" else None)


def _clock_jumps(rig: Rig, hours: float) -> None:
    """The storage's own clock, in the middle of the upload: what it says and what it checks."""

    def jump() -> None:
        rig.stub.skew = timedelta(hours=hours)

    on, part = rig.content_request()
    rig.when(on, jump, part=part)


def _sts_is_silent(rig: Rig) -> None:
    """The session is in its last fifth, and STS says nothing until all has been stored."""
    asked, stored = threading.Event(), threading.Event()
    rig.environment.callback(stored.set)
    first: list[Session] = []

    def obtain() -> Session:
        if first:
            asked.set()
            stored.wait()
        key, now = rig.stub.issue(HOURS), rig.stub.now()
        begun = now if first else now - HOURS * 7 / 8
        first.append(
            Session(key.access_key, key.secret_key, key.token or "", "me", begun, begun + HOURS)
        )
        return first[-1]

    rig.credentials = Credentials(obtain, rig.clock)

    def answer_now() -> None:
        if not asked.wait(AT_MOST):
            rig.stub.complaints.append("STS was not asked")
        stored.set()

    rig.when("Complete" if rig.several else "Put", answer_now, "done")


def cases() -> list[Case]:
    """Return all of them."""
    made = []
    for on, sizes in REQUESTS.items():
        made.append(Case(f"{on}: 307 once", partial(_script, on, Say(MOVED), 1), sizes=sizes))
        made.append(
            Case(
                f"{on}: 307 lasts",
                partial(_script, on, Say(MOVED), MANY),
                right=("kept",),
                error=("StorageBusy",),
                sizes=sizes,
                patience=20.0,
            )
        )
        if on in ("UploadPart", "Complete"):  # first requests of a helper are told at once
            between = partial(_script, on, Say(MOVED_BETWEEN), 2)
            made.append(Case(f"{on}: 307 of a load balancer twice", between, sizes=sizes))
        if on in ("Put", "UploadPart"):
            early = partial(_script, on, Say(MOVED, "head"), 1)
            made.append(Case(f"{on}: 307 before the body", early, sizes=sizes))
        for name, off in DATES.items():
            dated = partial(_script, on, Dated(off), 1)
            made.append(Case(f"{on}: one Date is {name}", dated, sizes=sizes[-1:]))
    for name, off in DATES.items():
        policy = Policy(date_off=off)
        made.append(Case(f"each Date is {name}", _nothing, policy=policy, sizes=BOTH))
    for hours in (5, -5, 13):
        jumps = partial(_clock_jumps, hours=hours)
        made.append(Case(f"the storage's clock jumps by {hours} hours", jumps, sizes=LARGE))
    weak = Policy(weak_etags=True)
    no_100 = Policy(expectations="refused")
    return [
        *made,
        Case("weak ETags", _nothing, policy=weak),
        Case("weak ETags, 12 parts", _nothing, policy=weak, sizes=("12 parts+7",)),
        Case("weak ETags, https and trailers", _nothing, policy=weak, sizes=BOTH, tls=True,
             trailers=True),
        Case("417 to Expect, https and trailers", _nothing, policy=no_100, sizes=BOTH, tls=True,
             trailers=True),
        Case("417 to Expect", _nothing, policy=no_100),
        Case("417 to Expect, https", _nothing, policy=no_100, sizes=BOTH, tls=True),
        Case("STS is silent in the last fifth of a session", _sts_is_silent, sizes=BOTH),
    ]  # fmt: skip
