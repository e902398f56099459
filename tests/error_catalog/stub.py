"""A server that gives one answer to everything, over real HTTP."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.servers.openeo_stub import serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@dataclass(frozen=True)
class Case:
    """An answer, and the sign of the table that it must be known by.

    `asked` is an operation of S3, a grant, or a method of HTTP, as the table has it.
    """

    service: str
    sign: str
    status: int
    body: str | Callable[[], str] = ""
    asked: str = ""

    def __str__(self) -> str:
        return f"{self.service}-{self.sign}-{self.status}"


@dataclass
class Stub:
    """Where the stub is, what it answers, and how often it was asked."""

    url: str = ""
    case: Case | None = None
    times: int = 0

    def answers(self, case: Case) -> None:
        """Answer everything by `case` from now on."""
        self.case, self.times = case, 0

    def answer(self, method: str, *_: object) -> tuple[int, dict[str, str], bytes]:
        assert self.case
        self.times += 1
        text = self.case.body() if callable(self.case.body) else self.case.body
        kind = "application/json" if text.startswith("{") else "application/xml"
        headers = {"Content-Type": kind, "Location": "/login"}
        return self.case.status, headers, b"" if method == "HEAD" else text.encode()


@contextmanager
def running_stub() -> Iterator[Stub]:
    """Run one."""
    stub = Stub()
    with serving(stub.answer) as stub.url:
        yield stub
