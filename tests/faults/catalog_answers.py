"""What a storage, or something in between, may answer; each to each kind of request."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from tests.faults.answer import Answer, refusal, xml
from tests.faults.case import SEVERAL, SINGLE, Case
from tests.faults.effects import Break, Echo, Effect, Flip, Garble, Say, Slow, Stall
from tests.faults.fast import READ_TIMEOUT
from tests.faults.policy import Policy
from tests.faults.rig import MANY

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.faults.case import Verdict
    from tests.faults.request import Operation
    from tests.faults.rig import Rig

HTML = {"Content-Type": "text/html"}
LOG_IN = Answer(200, b"<!DOCTYPE html><html><form>Hotel log-in</form></html>", HTML, own=False)
BAD_GATEWAY = Answer(502, b"<html><h1>502 Bad Gateway</h1></html>", HTML, own=False)
ERROR_IN_200 = xml("<Error><Code>InternalError</Code><Message>again</Message></Error>")
FAKES3PP = refusal(400, "AuthorizationHeaderMalformed", "Session credentials are expired")

PASSING: dict[str, tuple[Effect, int]] = {
    "500 twice": (Say(refusal(500, "InternalError")), 2),
    "503 twice": (Say(refusal(503, "SlowDown")), 2),
    "503 eight times": (Say(refusal(503, "SlowDown")), 8),
    "503 before the body": (Say(refusal(503, "ServiceUnavailable"), "head"), 2),
    "429 twice": (Say(refusal(429, "TooManyRequests")), 2),
    "503 Retry-After": (Say(refusal(503, "SlowDown", Retry_After="7")), 1),
    "502 HTML twice": (Say(BAD_GATEWAY), 2),
    "200 with Error": (Say(ERROR_IN_200), 1),
    "200 empty": (Say(Answer(200)), 1),
    "200 log-in page": (Say(LOG_IN), 2),
    "RST before": (Break("head"), 1),
    "RST in the body": (Break("body"), 2),
    "RST in the body six times": (Break("body"), 6),
    "RST after the body": (Break("after"), 1),
    "answer lost": (Break("done"), 1),
    "answer cut": (Break("answer"), 1),
    "stall in the body": (Stall("body", READ_TIMEOUT * 2), 1),
    "stall before the answer": (Stall("after", READ_TIMEOUT * 2), 1),
    "answer late": (Stall("done", READ_TIMEOUT * 2), 1),
    "slow": (Slow(0.4), 1),
    "BadDigest once": (Say(refusal(400, "BadDigest")), 1),
    "RequestTimeout once": (Say(refusal(400, "RequestTimeout")), 1),
    "skew once": (Say(refusal(403, "RequestTimeTooSkewed")), 1),
    "ExpiredToken once": (Say(refusal(400, "ExpiredToken")), 1),
    "InvalidAccessKeyId once": (Say(refusal(403, "InvalidAccessKeyId")), 1),
    "fakes3pp expired once": (Say(FAKES3PP), 1),
}
"""These pass: the file is stored in the end."""

_BODY = {"RST in the body", "RST in the body six times", "stall in the body", "BadDigest once"}
_REQUESTS: dict[Operation, tuple[str, ...]] = {
    "Put": tuple(SINGLE),
    "Create": ("part+1", "3 parts+7"),
    "UploadPart": tuple(SEVERAL),
    "Complete": ("part+1", "3 parts+7"),
}
LASTING: dict[str, tuple[Effect, tuple[str, ...], tuple[str, ...]]] = {
    "500": (Say(refusal(500, "InternalError")), ("kept",), ("StorageBusy",)),
    "503": (Say(refusal(503, "SlowDown")), ("kept",), ("StorageBusy",)),
    "RST": (Break("head"), ("kept",), ("StorageUnreachable",)),
    "log-in page": (Say(LOG_IN), ("kept",), ("IntermediaryAnswered", "AnswerUnreadable")),
    "skew": (Say(refusal(403, "RequestTimeTooSkewed")), ("kept", "failed"), ("ClockWrong",)),
    "expired": (Say(refusal(400, "ExpiredToken")), ("kept",), ("CredentialsExpired",)),
    "AccessDenied": (Say(refusal(403, "AccessDenied")), ("failed",), ("StorageDenied",)),
    "NoSuchBucket": (Say(refusal(404, "NoSuchBucket")), ("failed",), ("StorageRefused",)),
    "quota": (Say(refusal(403, "QuotaExceeded")), ("failed",), ("StorageFull",)),
    "too large": (Say(Answer(413, b"", HTML)), ("failed",), ("FileTooLarge",)),
    "BadDigest": (Say(refusal(400, "BadDigest")), ("failed",), ("ContentMismatch",)),
    "precondition": (Say(refusal(412, "PreconditionFailed")), ("failed",), ("KeyTaken",)),
}
"""These stay: what is right, and what is to be said."""
SPOILT: dict[str, tuple[Effect, int]] = {
    "a bit changed on the way once": (Garble(), 1),
    "a bit changed on the way always": (Garble(), MANY),
    "a flipped bit once": (Flip(), 1),
    "a flipped bit always": (Flip(), MANY),
    "a wrong ETag once": (Echo(f'"{"0" * 32}"'), 1),
    "a wrong ETag always": (Echo(f'"{"0" * 32}"'), MANY),
}

_ROWS = {
    "UploadPart: 503 twice": "503, twice",
    "UploadPart: 500 twice": "500, twice",
    "UploadPart: 502 HTML twice": "502 HTML, twice",
    "UploadPart: RST in the body": "RST mid-part, twice",
    "UploadPart: answer lost": "lost ack of a part",
    "UploadPart: stall in the body": "stalled part",
    "Complete: 200 with Error": "Complete 200 + `<Error>`",
    "Complete: 500 twice": "Complete 500, twice",
    "UploadPart: 503 eight times": "503, 8 times on one part",
    "UploadPart: 429 twice": "429, twice",
    "UploadPart: RST in the body six times": "RST mid-part, 6 times",
    "UploadPart: skew once": "clock skew 403, once",
    "UploadPart: ExpiredToken once": "ExpiredToken, once (then fine)",
    "UploadPart: RequestTimeout once": "400 RequestTimeout, once",
    "UploadPart: BadDigest once": "bit flip on the wire → 400 BadDigest, once",
    "UploadPart: 200 log-in page": "log-in page of a network, 200 HTML, twice",
    "UploadPart: a flipped bit always": "**stores a flipped bit, answers 200**, always",
    "UploadPart: a flipped bit once": "**stores a flipped bit, answers 200**, once",
    "UploadPart: 500 lasts": "500 for ever on one part",
    "UploadPart: AccessDenied lasts": "403 for ever on one part",
}
_BAD = {
    "UploadPart: 503 eight times": (("failed",), ()),
    "UploadPart: RST in the body six times": (("failed",), ()),
    "UploadPart: skew once": (("failed",), ("failed",)),
    "UploadPart: ExpiredToken once": (("failed",), ("failed",)),
    "UploadPart: BadDigest once": (("failed",), ("failed",)),
    "UploadPart: a flipped bit once": (("FALSE OK",), ("FALSE OK",)),
    "UploadPart: a flipped bit always": (("FALSE OK",), ("FALSE OK",)),
}


def _script(on: Operation, effect: Effect, times: int, rig: Rig) -> None:
    part = 2 if on == "UploadPart" else None
    rig.fault(on, effect, times, part=part)


def _case(on: Operation, name: str, effect: Effect, times: int, **more) -> Case:
    found = f"{on}: {name}"
    sizes = tuple(
        s for s in _REQUESTS[on] if s != "0" or name.split(" once", maxsplit=1)[0] not in _BODY
    )
    boto3, standard = _BAD.get(found, ((), ()))
    return Case(
        found,
        partial(_script, on, effect, times),
        sizes=sizes,
        row=_ROWS.get(found, ""),
        boto3=boto3,
        standard=standard,
        **more,
    )


def _denied(rig: Rig) -> None:
    """Have it abort."""
    rig.fault("UploadPart", Say(refusal(403, "AccessDenied")), MANY, part=2)


def _in_doubt(rig: Rig) -> None:
    """Have it look."""
    rig.fault("Complete", Break("done"))


def _damaged(rig: Rig) -> None:
    """Have it delete."""
    rig.fault("Put", Flip(), MANY)


_MET: dict[Operation, tuple[Callable[[Rig], None], str, tuple[Verdict, ...]]] = {
    "Abort": (_denied, "3 parts+7", ("failed", "owed")),
    "Head": (_in_doubt, "3 parts+7", ("stored",)),
    "Delete": (_damaged, "part", ("failed", "owed")),
}
"""Requests that are made only when something has happened: what, and what is right then."""


def _after(
    happened: Callable[[Rig], None], on: Operation, effect: Effect, n: int, rig: Rig
) -> None:
    happened(rig)
    rig.fault(on, effect, n)


def _rare_cases() -> list[Case]:
    return [
        Case(
            f"{on}: {name}",
            partial(_after, happened, on, effect, times),
            right=right,
            sizes=(size,),
            kinds=("file",),
            policy=Policy(repeated_complete=404),
        )
        for on, (happened, size, right) in _MET.items()
        for name, (effect, times) in PASSING.items()
        if name not in _BODY
    ]


_LATE = 9
"""A part that is sent when storage has shown that its ETags are MD5s, and bound by that."""


def _late_cases() -> list[Case]:
    ways = ("any", "past Content-MD5")
    return [
        Case(
            f"UploadPart {_LATE}: {name}" + (f", {way}" if way != "any" else ""),
            partial(_spoil_late, effect, times),
            right=("failed",) if times == MANY else ("stored",),
            error=("ContentMismatch",) if times == MANY else (),
            sizes=("12 parts+7",),
            policy=Policy(bodies=way),
        )
        for name, (effect, times) in SPOILT.items()
        for way in ways
    ]


def _spoil_late(effect: Effect, times: int, rig: Rig) -> None:
    rig.fault("UploadPart", effect, times, part=_LATE)


def cases() -> list[Case]:
    """Return all of them."""
    made = []
    for on in _REQUESTS:
        for name, (effect, times) in PASSING.items():
            if on not in ("Create", "Complete") or name not in _BODY or on == "Complete":
                made.append(_case(on, name, effect, times))
        for name, (effect, right, error) in LASTING.items():
            lasting = {"right": right, "error": error, "patience": 20.0}
            made.append(_case(on, f"{name} lasts", effect, MANY, **lasting))
    for on in ("Put", "UploadPart"):
        for name, (effect, times) in SPOILT.items():
            lasts = times == MANY
            right = ("failed",) if lasts else ("stored",)
            error = ("ContentMismatch",) if lasts else ()
            made.append(_case(on, name, effect, times, right=right, error=error))
    return made + _late_cases() + _rare_cases()
