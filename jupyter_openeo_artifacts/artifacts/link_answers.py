"""Why a presigned URL did not work, from what its reader got."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.answers import Heard, find
from jupyter_openeo_artifacts.answers.heard import NOT_XML

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jupyter_openeo_artifacts.errors import Who

_ERROR = re.compile(r"<Error>.*?</Error>", re.DOTALL)
_STATUSES = (
    re.compile(r"\b([45]\d\d) (?:Client|Server) Error\b"),  # requests, httpx
    re.compile(r"\bHTTP (?:response|error) code ?:? ?([45]\d\d)\b", re.IGNORECASE),  # GDAL, Java
    re.compile(r"\bHTTP Error ([45]\d\d)\b", re.IGNORECASE),  # urllib
    re.compile(r"\bstatus(?:[ _]code)?[ :=]+([45]\d\d)\b", re.IGNORECASE),  # aiohttp and others
)
# What readers say that take storage's error for the file, since they do not look at the status.
_MISREAD = re.compile(
    r"parquet magic bytes not found|not a parquet file|invalid parquet"
    r"|not recognized as being in a supported file format|JSONDecodeError|Expecting value: line 1",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class LinkAnswer:
    """Why a link did not work.

    `meaning` is a stable word of the table's service "link", or "misread". `says` and `todo` are
    a sentence each; nothing of the link is in them.
    """

    meaning: str
    who: Who
    says: str
    todo: str
    request_id: str | None = None


_TAKEN_FOR_THE_FILE = LinkAnswer(
    "misread",
    "you",
    "The reader did not get the file, or the file is damaged: an expired link is often told so.",
    "Make a new link and try it by GET; if it works, check the file.",
)


def explain(
    status: int,
    body: bytes | str = b"",
    *,
    headers: Mapping[str, str] | None = None,
    method: str = "GET",
) -> LinkAnswer:
    """Say why a presigned URL was not answered by its file.

    Parameters
    ----------
    status
        The HTTP status, of 300 and above.
    body, headers
        Of the answer, as far as they are at hand.
    method
        How it was asked for.
    """
    return _answer_of(Heard.from_http(status, body, headers or {}, method.upper()))


def explain_page() -> LinkAnswer:
    """Say what a page in the storage's place means, whatever its status."""
    return _answer_of(Heard(code=NOT_XML))


def explain_log(text: str) -> LinkAnswer | None:
    """Say why a link did not work, from the log of a job that read it; None where it is not told.

    Parameters
    ----------
    text
        The log, or the error message. What it holds of links is not handed on.
    """
    error = _ERROR.search(text)
    status = next((int(found[1]) for each in _STATUSES if (found := each.search(text))), 0)
    if error or status:
        return explain(status, error[0] if error else "")
    return _TAKEN_FOR_THE_FILE if _MISREAD.search(text) else None


def _answer_of(heard: Heard) -> LinkAnswer:
    row = find("link", heard).row
    says = row.says.format(skew=_signers_clock(heard))
    return LinkAnswer(row.meaning, row.who, says, row.todo, heard.request_id)


def _signers_clock(heard: Heard) -> str:
    """Return how the signer's clock stood, which is this machine's for links made here."""
    return heard.skew if "minutes" in heard.skew else "ahead of the storage's"
