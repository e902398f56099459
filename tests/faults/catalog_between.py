"""Something between here and the storage answers in its place, for a while or for good."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from tests.faults.answer import Answer
from tests.faults.case import Case
from tests.faults.effects import Fault, Say
from tests.faults.fast import real
from tests.faults.rig import MANY
from tests.faults.tls import make_context

if TYPE_CHECKING:
    from tests.faults.request import Request
    from tests.faults.rig import Rig

SIZES = ("part+1", "3 parts+7")
HTML = {"Content-Type": "text/html"}
PAGE = b"<!DOCTYPE html><html><form>Hotel log-in</form></html>"
BACKEND = b"default backend - 404"
LOGIN = {"Location": "http://192.0.2.1/login", **HTML}
ANSWERS = {
    "404 of an ingress": Answer(404, BACKEND, {"Content-Type": "text/plain"}, own=False),
    "404 empty": Answer(404, own=False),
    "403 of a firewall": Answer(403, b"<html>Request blocked</html>", HTML, own=False),
    "302 to a log-in page": Answer(302, PAGE, LOGIN, own=False),
    "307 to a log-in page": Answer(307, b"", LOGIN, own=False),
    "511": Answer(511, PAGE, HTML, own=False),
    "407": Answer(407, b"", {"Proxy-Authenticate": "Basic"}, own=False),
    "401": Answer(401, PAGE, HTML, own=False),
    "400": Answer(400, PAGE, HTML, own=False),
    "405": Answer(405, PAGE, HTML, own=False),
    "501": Answer(501, PAGE, HTML, own=False),
    "418": Answer(418, b"", own=False),
    "200 log-in page": Answer(200, PAGE, HTML, own=False),
}
_ROWS = {
    "404 of an ingress": "404 of an ingress in the storage's place, 10 s",
    "403 of a firewall": "403 HTML of a firewall, 10 s",
    "302 to a log-in page": "302 to a log-in page, 10 s",
}


@dataclass
class _EveryRequest(Fault):
    """Whatever is asked."""

    def takes(self, request: Request) -> bool:
        """Whether it is for this request; counts it if so."""
        self.times -= 1
        self.met.set()
        return self.times >= 0


def _replaced(rig: Rig, answer: Answer, seconds: float | None) -> None:
    """From the second part on, have everything answered so, for so many seconds or for good."""

    def begin() -> None:
        between = _EveryRequest("Unknown", Say(answer), MANY)
        rig.stub.faults.insert(0, between)
        if seconds is not None:
            rig.later(real(seconds), partial(rig.stub.faults.remove, between))

    rig.when("UploadPart", begin, part=2)


def _another_certificate(rig: Rig, connections: int) -> None:
    """From the second part on, new connections meet the certificate of something else."""
    folder = rig.folder / "other"
    folder.mkdir()
    other, _ = make_context(folder)
    rig.when("UploadPart", lambda: rig.stub.be_replaced(other, connections), part=2)


def cases() -> list[Case]:
    """Return all of them."""
    made = []
    for name, answer in ANSWERS.items():
        made += [
            Case(
                f"{name}, in the storage's place for 10 s",
                partial(_replaced, answer=answer, seconds=10),
                sizes=SIZES,
                row=_ROWS.get(name, ""),
            ),
            Case(
                f"{name}, in the storage's place for good",
                partial(_replaced, answer=answer, seconds=None),
                right=("kept",),
                # A part's 200 without an ETag is told as what it is, if no look came in between.
                error=(
                    "IntermediaryAnswered",
                    *(["AnswerUnreadable"] if name == "200 log-in page" else []),
                ),
                sizes=SIZES,
                patience=20.0,
            ),
        ]
    return [
        *made,
        Case(
            "another certificate for a while",
            partial(_another_certificate, connections=6),
            sizes=SIZES,
            tls=True,
            row="another certificate (a network's log-in page on https), for a while",
        ),
        Case(
            "another certificate for good",
            partial(_another_certificate, connections=MANY),
            right=("kept",),
            error=("IntermediaryAnswered",),
            sizes=SIZES,
            patience=20.0,
            tls=True,
        ),
    ]
