"""One request to the stub and its answer."""

from __future__ import annotations

from dataclasses import replace
from email.utils import format_datetime
from typing import TYPE_CHECKING

from tests.faults.answer import Answer, Refused, refuse
from tests.faults.content import UNSIGNED, Content, unchunk
from tests.faults.effects import Effect, Moment, Scene
from tests.faults.request import Seen
from tests.faults.signature import check
from tests.faults.wire import BodyReader, HangUp

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.faults.request import Request
    from tests.faults.stub import Stub
    from tests.faults.wire import Wire

BUCKET = "artifacts"
NOTHING = Effect()
WRONG = {
    "SignatureDoesNotMatch",
    "InvalidRequest",
    "XAmzContentSHA256Mismatch",
    "BadDigest",
    "InvalidDigest",
    "IncompleteBody",
    "MalformedXML",
    "MalformedTrailerError",
    "InvalidChunkSizeError",
    "MissingContentLength",
    "InvalidArgument",
    "InvalidPart",
    "InvalidPartOrder",
    "EntityTooSmall",
}
"""Refusals that an engine has earned itself."""


class Exchange:
    """One request and its answer."""

    def __init__(self, stub: Stub, request: Request, wire: Wire) -> None:
        self._stub = stub
        self._request = request
        self._wire = wire
        self._effect = stub.take(request)
        self._scene = Scene(stub, request, wire)
        self._received = 0
        self._close = False

    def run(self) -> bool:
        """Serve it; return whether another one may follow."""
        try:
            answer = self._early() or self._whole()
        except BaseException:
            self._note(0)
            raise
        self._write(answer)
        if self._close:
            self._wire.drain()
        return not self._close

    def _note(self, status: int) -> None:
        name = "" if self._effect is NOTHING else type(self._effect).__name__
        operation, part = self._request.operation, self._request.part
        self._stub.note(Seen(operation, part, status, self._received, name))

    def _at(self, moment: Moment) -> Answer | None:
        return self._effect.at(moment, self._scene)

    def _early(self) -> Answer | None:
        """Answer before the body is read, where there is something to say."""
        answer = self._at("head") or self._unexpecting() or self._judged(self._identify)
        self._close = answer is not None and self._request.has_body
        return answer

    def _unexpecting(self) -> Answer | None:
        refused = self._stub.policy.expectations == "refused" and self._request.expects_continue
        return Answer(417, own=False) if refused else None

    def _identify(self) -> None:
        request, stub = self._request, self._stub
        check(request, stub.keys, stub.now(), stub.policy.session_over)
        if request.bucket != BUCKET:
            raise refuse(404, "NoSuchBucket")
        announced = request.length is not None or request.comes_in_chunks
        if request.method == "PUT" and not announced:
            raise refuse(411, "MissingContentLength")
        self._check_ways()

    def _check_ways(self) -> None:
        headers, bodies = self._request.headers, self._stub.policy.bodies
        if bodies == "signed" and headers.get("x-amz-content-sha256") == UNSIGNED:
            raise refuse(403, "AccessDenied", UNSIGNED)
        if bodies == "busy" and headers.get("x-amz-content-sha256") == UNSIGNED:
            raise refuse(500, "InternalError", UNSIGNED)
        if bodies == "without Content-MD5" and "content-md5" in headers:
            raise refuse(501, "NotImplemented", "Content-MD5")

    def _judged(self, step: Callable[[], Answer | None]) -> Answer | None:
        """Return what a step was refused with; note it where that is the engine's fault."""
        try:
            return step()
        except Refused as refused:
            if refused.code in WRONG and not self._effect.garbles:
                self._stub.complaints.append(f"{self._request.operation}: {refused}")
            return refused.answer

    def _whole(self) -> Answer:
        """Read the body, and do what is asked."""
        if self._request.expects_continue:
            self._wire.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        content = self._effect.arrived(self._read())
        said = self._at("after") or self._judged(lambda: self._check(content))
        if said is not None:
            return said
        carry_out = self._stub.objects.carry_out
        kept = self._effect.content(content)
        answer = self._judged(lambda: carry_out(self._request, kept))
        return self._effect.answer(self._at("done") or answer or Answer(500))

    def _check(self, content: Content) -> None:
        content.check(self._request, md5=self._stub.policy.bodies != "past Content-MD5")

    def _read(self) -> Content:
        request = self._request
        content = Content(keep=self._stub.policy.keep or request.operation == "Complete")
        length = None if request.comes_in_chunks else request.length or 0
        body = BodyReader(self._wire, length, self._count)
        if request.is_chunked:
            unchunk(content, body.line, body.exactly)
        while block := body.some():
            content.add(block)
        return content

    def _count(self, length: int, done: int) -> None:
        request = self._request
        self._received += length
        self._stub.objects.received[request.key, request.part] += length
        decoded = int(request.headers.get("x-amz-decoded-content-length", "0"))
        middle = (request.length or decoded) // 2
        if done <= middle < done + length:
            self._at("body")

    def _write(self, answer: Answer) -> None:
        policy = self._stub.policy
        if policy.weak_etags and "ETag" in answer.headers:
            weak = {"ETag": f"W/{answer.headers['ETag']}"}
            answer = replace(answer, headers={**answer.headers, **weak})
        date = format_datetime(self._stub.now() + policy.date_off, usegmt=True)
        head = answer.head(date, close=self._close)
        body = b"" if self._request.method == "HEAD" else answer.body
        whole = head + body
        self._note(answer.status)  # before the client can go on
        try:
            self._at("answer")
        except HangUp:
            self._wire.send(whole[: len(head) + len(body) // 2] if body else head[: len(head) // 2])
            self._wire.drain(0.2)
            raise
        self._wire.send(whole)
