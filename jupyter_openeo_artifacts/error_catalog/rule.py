"""A row of the table: what an answer is known by, what it means, what to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from jupyter_openeo_artifacts.error_catalog.response import ProviderAnswer
    from jupyter_openeo_artifacts.errors import Who


Service = Literal["s3", "sts", "oidc", "link"]
"""Storage; its login service; the login provider; storage as a reader of a presigned URL sees it.
"""

Kind = Literal["again", "few", "credentials", "denied", "shorter", "final"]
"""What a program does: ask again while there is patience; ask again a few times; renew the
credentials and ask again; the same, but only if these credentials have worked before; ask for a
shorter session; give up."""


@dataclass(frozen=True)
class ResponsePattern:
    """What an answer is known by; what is left out does not matter.

    Parameters
    ----------
    code
        The service's own word for it, such as "NoSuchKey" or "invalid_grant".
    by
        Who says so.
    word
        A part of the message, in lower case.
    asked
        The requests that are answered so: operations of S3, grants of OAuth, methods of HTTP.
    status
        The HTTP status; 400 and 500 alone also stand for all of their hundred that no other row
        knows.
    silent
        There is no message, as from Ceph up to 16.
    """

    code: str
    by: str
    word: str = ""
    asked: tuple[str, ...] = ()
    status: int = 0
    silent: bool = False

    @property
    def name(self) -> str:
        """The sign as people read it, such as "AccessDenied: request has expired"."""
        name = self.code or str(self.status)
        if self.status and self.code:
            name += f" {self.status}"
        if self.silent:
            name += " without a message"
        if self.word:
            name += f": {self.word}"
        return f"{name} ({', '.join(self.asked)})" if self.asked else name

    @property
    def weight(self) -> tuple[int, ...]:
        """How much it says: of the signs that fit an answer the heaviest counts."""
        said = len(self.word) or int(self.silent)
        return bool(self.code), said, bool(self.asked), bool(self.status)

    def fits(self, response: ProviderAnswer, status: int) -> bool:
        """Tell whether `response` is such an answer, taken for one of HTTP status `status`."""
        return (
            self.code in ("", response.code)
            and self.word in response.message.lower()
            and (not self.asked or response.asked in self.asked)
            and self.status in (0, status)
            and not (self.silent and response.message)
        )


def said_by(who: str, *codes: str) -> tuple[ResponsePattern, ...]:
    """Return a sign for each of `codes`, known by nothing else."""
    return tuple(ResponsePattern(code, who) for code in codes)


def answered(who: str, *statuses: int, asked: tuple[str, ...] = ()) -> tuple[ResponsePattern, ...]:
    """Return a sign for each HTTP status that comes without a code."""
    return tuple(ResponsePattern("", who, status=status, asked=asked) for status in statuses)


@dataclass(frozen=True)
class ErrorRule:
    """One meaning of one service's answers.

    Parameters
    ----------
    meaning
        A stable word, one row of a service each.
    says
        What happened: of S3 the words after "storage says that"; else a sentence, in which
        `{at}` stands for who answered, `{place}` for where it was refused.
    todo
        What to do, one sentence.
    """

    service: Service
    meaning: str
    kind: Kind
    who: Who
    says: str
    todo: str
    signs: tuple[ResponsePattern, ...]
