"""An error response of S3, STS or OAuth, read to what identifies it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from io import BytesIO
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus
from xml.etree import ElementTree as ET

from jupyter_openeo_artifacts.errors import chain_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


NOT_XML = "NotXML"
"""Our own code for an answer that is no S3 error at all: a proxy's page, a log-in page."""

_REGION = re.compile(r"expecting '([a-z0-9-]{1,63})'")
_CODE = re.compile(r"[A-Za-z0-9.]{1,64}")
_ID = re.compile(r"[\w.:/+=-]{1,128}", re.ASCII)
_LONGEST = 65_536
_ENTITIES = re.compile(r"<!(DOCTYPE|ENTITY)", re.IGNORECASE)
_FRACTION = re.compile(r"\.\d+")
_SAME_CLOCK = 120.0
_OWN_IDS = ("x-amz-request-id", "x-amz-id-2", "x-amzn-requestid")  # X-Request-Id is of any proxy
_XML_TYPES = ("application/xml", "text/xml")
_GLUED = re.compile(r"<(?:\?xml|Error)\b")


@dataclass(frozen=True)
class ProviderAnswer:
    """An error answer.

    Parameters
    ----------
    code
        The service's word, empty where it gave none.
    message
        Its own text: for telling answers apart, never for people, for it may hold a secret.
    asked
        What was asked: an operation of S3, a grant of OAuth, a method of HTTP.
    server_time
        What its clock said, None where it did not say.
    at
        What our clock said then.
    own
        Whether the service itself has answered, and nothing on the way to it: its error document
        with a code, or its request id.
    """

    code: str = ""
    status: int = 0
    message: str = field(default="", repr=False)
    asked: str = ""
    request_id: str | None = None
    server_time: datetime | None = None
    at: datetime = field(default_factory=lambda: datetime.now(timezone.utc))
    own: bool = False

    @classmethod
    def from_boto(cls, response: Mapping[str, Any], asked: str = "") -> ProviderAnswer:
        """Read what botocore made of an answer (`ClientError.response`)."""
        told = response.get("Error") or response  # Ceph's STS has no <ErrorResponse> around it
        meta = response.get("ResponseMetadata", {})
        headers = meta.get("HTTPHeaders", {})
        code, status = _word(told.get("Code")), int(meta.get("HTTPStatusCode") or 0)
        if code.isdecimal():  # to a HEAD, or from a proxy: botocore repeats the status
            code, status = "", status or int(code)
        return cls(
            code=code,
            status=status,
            message=str(told.get("Message") or ""),
            asked=asked,
            request_id=_id(meta.get("RequestId")) or _request_id(headers),
            server_time=_time(told.get("ServerTime"), headers.get("date")),
            own=bool(code or meta.get("RequestId")) or _names_itself(headers, asked),
        )

    @classmethod
    def from_http(
        cls, status: int, body: bytes | str, headers: Mapping[str, str], asked: str
    ) -> ProviderAnswer:
        """Read an S3 error as it came over HTTP; a body that is none has the code `NOT_XML`."""
        lower = {name.lower(): value for name, value in headers.items()}
        told = _xml_error(body)
        page = bool(body.strip()) and not told
        return cls(
            code=NOT_XML if page else _word(told.get("Code")),
            status=status,
            message=told.get("Message", ""),
            asked=asked,
            request_id=_id(told.get("RequestId")) or _request_id(lower),
            server_time=_time(told.get("ServerTime"), lower.get("date")),
            own=bool(told) or _names_itself(lower, asked),
        )

    def repeats(self, secrets: Iterable[str]) -> bool:
        """Tell whether anything that it says has one of `secrets` in it, or a piece of one."""
        said = (self.code, self.message, self.request_id or "")
        return any(repeats_a_secret(each, tuple(secrets)) for each in said)

    def without(self, secrets: Iterable[str], *, words: Iterable[str] = ()) -> ProviderAnswer:
        """Return it without a code and a request id that repeat one of `secrets`.

        Parameters
        ----------
        words
            Codes that are no secret, whatever is in them.
        """
        hidden = tuple(secrets)
        code = self.code
        if code not in words and repeats_a_secret(code, hidden):
            code = ""
        request_id = self.request_id
        if request_id and repeats_a_secret(request_id, hidden):
            request_id = None
        return replace(self, code=code, request_id=request_id)

    @property
    def region(self) -> str | None:
        """The region that it expects, where it says so."""
        found = _REGION.search(self.message)
        return found[1] if found else None

    @property
    def skew(self) -> str:
        """How this machine's clock stands, as it stands after "this machine's clock is"."""
        if self.server_time is None:
            return "wrong"
        seconds = (self.at - self.server_time).total_seconds()
        if abs(seconds) < _SAME_CLOCK:
            return "right now, but it was not, or the request was under way for too long"
        minutes = round(abs(seconds) / 60)
        return f"{minutes} minutes {'ahead' if seconds > 0 else 'behind'}"


def _names_itself(headers: Mapping[str, str], asked: str) -> bool:
    """Tell whether the headers alone show that the service has answered.

    A HEAD is answered without the document, but with its Content-Type: all that fakes3pp gives.
    """
    if any(headers.get(name) for name in _OWN_IDS):
        return True
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    return asked.upper().startswith("HEAD") and kind in _XML_TYPES


def _request_id(headers: Mapping[str, str]) -> str | None:
    return _id(headers.get("x-amz-request-id")) or _id(headers.get("x-request-id"))


def _word(code: object) -> str:
    """Return an error code; it stands in messages, so nothing else passes for one."""
    return code if isinstance(code, str) and _CODE.fullmatch(code) else ""


def _id(text: object) -> str | None:
    return text if isinstance(text, str) and _ID.fullmatch(text) else None


def _time(iso: object, http: str | None) -> datetime | None:
    """Read AWS's <ServerTime>, else the Date header (RFC 9110, section 6.6.1)."""
    try:
        # Python 3.10 reads no "Z" and no fraction of another length than three or six digits.
        text = _FRACTION.sub("", str(iso)).replace("Z", "+00:00")
        found = datetime.fromisoformat(text) if iso else None
    except ValueError:
        return None
    if found is None:
        return read_date(http or "")
    return found if found.tzinfo else found.replace(tzinfo=timezone.utc)


def read_date(date: str) -> datetime | None:
    """Return what a header says in UTC, as `Date` has it; None where it is no time that can be.

    https://www.rfc-editor.org/rfc/rfc9110#name-date-time-formats
    """
    try:
        found = parsedate_to_datetime(date)
        aware = found if found.tzinfo else found.replace(tzinfo=timezone.utc)
        return aware.astimezone(timezone.utc)
    except (ValueError, OverflowError):  # the latter for numbers that no clock has
        return None


def _xml_error(body: bytes | str) -> dict[str, str]:
    """Return the elements of an S3 <Error>, nothing where there is none.

    Whoever answers may be anybody, so no entity is ever expanded. fakes3pp glues its document to a
    line of plain text ("404 page not found").
    """
    text = body.decode("utf-8", "replace") if isinstance(body, bytes) else body
    text = text.strip()
    if len(text) > _LONGEST or _ENTITIES.search(text):
        return {}
    glued = None if text.startswith("<") else _GLUED.search(text)
    if glued:
        text = text[glued.start() :]
    try:
        root = ET.fromstring(text)  # noqa: S314  no entities, see above
    except ET.ParseError:
        return {}
    found = {
        each.tag.rpartition("}")[2]: (each.text or "").strip()
        for each in (root, *root.iter())
        if len(each) == 0
    }
    return found if "Code" in found else {}


def root_of(body: bytes) -> str:
    """Return the name of the root element without its namespace; empty where there is none."""
    try:
        for _, element in ET.iterparse(BytesIO(body), events=["start"]):  # noqa: S314  its first
            return str(element.tag).rpartition("}")[2]
    except ET.ParseError:
        pass
    return ""


_PIECE = 12
"""So many characters of a secret, one after another, are no coincidence."""

_BETWEEN = re.compile(r"[^A-Za-z0-9]+")


def quotes_answer(error: BaseException) -> bool:
    """Tell whether the text of `error` may have something of a broken answer in it."""
    from urllib3.exceptions import InvalidHeader

    return any(isinstance(each, HTTPException | InvalidHeader) for each in chain_of(error))


def repeats_a_secret(text: str, secrets: Iterable[str]) -> bool:
    """Tell whether `text` has one of `secrets` in it, or a piece of one.

    Also where it is written otherwise: encoded for a URL (once or twice), or with quotes, spaces
    or line breaks in it.
    """
    spellings = {text, once := unquote_plus(text), unquote_plus(once)}
    spellings |= {_bare(spelling) for spelling in spellings}
    for secret in filter(None, secrets):
        for sought in {secret, _bare(secret)} - {""}:
            if any(_share(spelling, sought) for spelling in spellings):
                return True
    return False


def _share(text: str, secret: str) -> bool:
    if len(secret) <= _PIECE:
        return secret in text
    return any(text[at : at + _PIECE] in secret for at in range(len(text) - _PIECE + 1))


def _bare(text: str) -> str:
    return _BETWEEN.sub("", text)
