"""A network that goes away and comes back, names that are not found, clocks, sessions."""

from __future__ import annotations

import socket
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING
from unittest.mock import patch

from jupyter_openeo_artifacts.auth.exceptions import NotSignedIn
from jupyter_openeo_artifacts.s3.credentials import Credentials, Session
from tests.faults.answer import refusal
from tests.faults.case import Case
from tests.faults.clients import obtaining
from tests.faults.effects import Say
from tests.faults.fast import real
from tests.faults.policy import PRODUCTION, Policy
from tests.faults.rig import MANY

if TYPE_CHECKING:
    from tests.faults.rig import Rig

BOTH = ("part", "3 parts+7")


def _down(rig: Rig, seconds: float, *, refusing: bool) -> None:
    on, part = rig.content_request()
    moment = "body" if rig.size else "head"
    rig.when(on, lambda: rig.stub.go_down(real(seconds), refusing=refusing), moment, part=part)


def _down_at_complete(rig: Rig, seconds: float, *, applied: bool) -> None:
    moment = "done" if applied else "head"
    rig.when("Complete", lambda: rig.stub.go_down(real(seconds)), moment)


def _no_name(rig: Rig, seconds: float) -> None:
    """Break the connections and find no host for a while."""
    found, lost = socket.getaddrinfo, []

    def getaddrinfo(*args, **kwargs):
        if lost:
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        return found(*args, **kwargs)

    def begin() -> None:
        lost.append(1)
        rig.later(real(seconds), lost.clear)
        rig.stub.go_down(0.05)

    rig.environment.enter_context(patch.object(socket, "getaddrinfo", getaddrinfo))
    on, part = rig.content_request()
    rig.when(on, begin, "body", part=part)


def _clock(rig: Rig, hours: float) -> None:
    rig.stub.skew = timedelta(hours=hours)
    rig.credentials.renew_expired()


def _clock_for_a_while(rig: Rig, seconds: float) -> None:
    """The machine's clock is put right by its own means after a while."""

    def back() -> None:
        rig.stub.skew = timedelta(0)

    def off() -> None:
        rig.stub.skew = timedelta(minutes=20)
        rig.later(real(seconds), back)

    on, part = rig.content_request()
    rig.when(on, off, part=part)


def _sessions_end(rig: Rig) -> None:
    """In the middle of the bytes, and again at the end."""
    on, part = rig.content_request()
    rig.when(on, rig.stub.end_sessions, part=part)
    if rig.several:
        rig.when("Complete", rig.stub.end_sessions)


def _sessions_end_and_no_other_is_had(rig: Rig) -> None:
    """Until the user signs in again."""
    obtain, first = obtaining(rig.stub), [rig.credentials.current()]

    def once() -> Session:
        if rig.healed:
            return obtain()
        if not first:
            raise NotSignedIn("The login has ended.", todo="Sign in again.")
        return first.pop()

    rig.credentials = Credentials(once, rig.clock)
    on, part = rig.content_request()
    rig.when(on, rig.stub.end_sessions, part=part)


def _ceph_says_denied(rig: Rig) -> None:
    on, part = rig.content_request()
    rig.fault(on, Say(refusal(403, "AccessDenied")), 1, part=part)


def _day_is_over(rig: Rig) -> None:
    """Midnight passes at the storage: yesterday's prefix is no longer written to."""
    objects = rig.stub.objects
    now = objects.now

    def turn() -> None:
        objects.now = lambda: now() + timedelta(days=1)

    on, part = rig.content_request()
    rig.when(on, turn, part=part)


def cases() -> list[Case]:
    """Return all of them."""
    made = []
    orphan, either = ("failed, ORPHAN",), ("failed, ORPHAN", "failed")
    for seconds, standard in ((10, ()), (30, ()), (90, either)):
        made.append(
            Case(
                f"network down {seconds} s",
                partial(_down, seconds=seconds, refusing=False),
                row=f"network down {seconds} s",
                # boto3's tries may last longer than the shortest one, on a slow machine.
                boto3=orphan if seconds > 10 else (),
                standard=standard,
            )
        )
    for seconds in (10, 90):
        down = partial(_down, seconds=seconds, refusing=True)
        made.append(Case(f"connections refused {seconds} s", down, sizes=BOTH))
    made += [
        Case(
            "network down for longer than patience",
            partial(_down, seconds=MANY, refusing=False),
            right=("kept",),
            error=("StorageUnreachable",),
            patience=20.0,
        ),
        Case(
            "network down 30 s at Complete",
            partial(_down_at_complete, seconds=30, applied=False),
            sizes=("part+1", "3 parts+7"),
        ),
        Case(
            "network down 30 s, Complete applied",
            partial(_down_at_complete, seconds=30, applied=True),
            sizes=("part+1", "3 parts+7"),
            row="network down 30 s at Complete, which was applied",
        ),
        Case(
            "network down 30 s, Complete applied, MinIO",
            partial(_down_at_complete, seconds=30, applied=True),
            sizes=("part+1", "3 parts+7"),
            policy=Policy(repeated_complete=404),
        ),
        Case(
            "network down for longer than patience at Complete, applied",
            partial(_down_at_complete, seconds=MANY, applied=True),
            right=("kept",),
            sizes=("3 parts+7",),
            policy=Policy(repeated_complete=404),
            patience=20.0,
        ),
        Case("no name found 30 s", partial(_no_name, seconds=30), sizes=BOTH, row="DNS fails 30 s"),
        Case(
            "the clock is 20 minutes behind",
            partial(_clock, hours=1 / 3),
            sizes=BOTH,
            row="this machine's clock is 20 minutes wrong",
        ),
        Case("the clock is a day ahead", partial(_clock, hours=-24), sizes=BOTH),
        Case("the clock is wrong for 30 s", partial(_clock_for_a_while, seconds=30), sizes=BOTH),
        Case(
            "the session cannot be renewed",
            _sessions_end_and_no_other_is_had,
            right=("kept",),
            sizes=BOTH,
        ),
        Case(
            "AccessDenied of a session that worked (Ceph)",
            _ceph_says_denied,
            sizes=("3 parts+7",),
        ),
        Case(
            "the day is over",
            _day_is_over,
            policy=Policy(own_day_only=True),
            right=("failed",),
            error=("StorageDenied",),
            sizes=BOTH,
        ),
    ]
    for expired in ("ExpiredToken", "InvalidAccessKeyId", "fakes3pp"):
        made.append(
            Case(
                f"the session ends, {expired}",
                _sessions_end,
                policy=Policy(expired=expired),
                row="sessions end mid-upload and at Complete" if expired == "ExpiredToken" else "",
            )
        )
    made.append(Case("the session ends, production", _sessions_end, policy=PRODUCTION))
    return made
