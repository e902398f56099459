"""Answers, and how they are written."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from xml.sax.saxutils import escape

_numbers = count(1)
_XML = '<?xml version="1.0" encoding="UTF-8"?>\n'


@dataclass(frozen=True)
class Answer:
    """Status, headers, body; Content-Length, Date and a request id are added when it is sent.

    Parameters
    ----------
    own
        Whether the storage gives it; without, it is of something in between, and has no request id.
    """

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    own: bool = True

    def head(self, date: str, *, close: bool) -> bytes:
        """Return all that stands before the body."""
        name = {"x-amz-request-id": f"REQ{next(_numbers)}"} if self.own else {}
        kept = {"Date": date, **name, **self.headers}
        if self.status not in (204, 304):
            kept.setdefault("Content-Length", str(len(self.body)))
        kept["Connection"] = "close" if close else "keep-alive"
        lines = "".join(f"{name}: {value}\r\n" for name, value in kept.items())
        return f"HTTP/1.1 {self.status} S\r\n{lines}\r\n".encode("latin-1")


def xml(text: str, **headers: str) -> Answer:
    """Return a good answer."""
    return Answer(200, (_XML + text).encode(), {"Content-Type": "application/xml", **headers})


def refusal(status: int, code: str, message: str = "", *, more: str = "", **headers: str) -> Answer:
    """Return S3's form of an error."""
    body = f"{_XML}<Error><Code>{code}</Code><Message>{escape(message)}</Message>{more}</Error>"
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, body.encode(), {"Content-Type": "application/xml", **named})


def glued(code: str) -> Answer:
    """Return what fakes3pp says to a request that it does not know: a page, and an error behind."""
    page = b"404 page not found\n" + refusal(500, code).body
    return Answer(404, page, {"Content-Type": "text/plain; charset=utf-8"})


class Refused(Exception):
    """Raised where the storage says no."""

    def __init__(self, answer: Answer, code: str) -> None:
        super().__init__(code)
        self.answer = answer
        self.code = code


def refuse(status: int, code: str, message: str = "", *, more: str = "") -> Refused:
    """Return what to raise."""
    return Refused(refusal(status, code, message, more=more), code)
