"""Ask a presigned URL with one request, and read the refusal."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from jupyter_openeo_artifacts.error_catalog import find
from jupyter_openeo_artifacts.error_catalog.response import NOT_XML, ProviderAnswer
from jupyter_openeo_artifacts.s3.client import http_session
from jupyter_openeo_artifacts.s3.error_mapping import classify_error
from jupyter_openeo_artifacts.s3.exceptions import StorageBusy, StorageUnreachable
from jupyter_openeo_artifacts.s3.remote_object import TOKEN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jupyter_openeo_artifacts.errors import Who


PATIENCE = 10.0
_REFUSED = 300
_LONGEST_REFUSAL = 65_536


@dataclass(frozen=True)
class LinkResponse:
    """What the link was answered; header names are in lower case, `body` is that of a refusal."""

    method: str
    status: int
    headers: Mapping[str, str]
    body: bytes = field(default=b"", repr=False)

    @property
    def parsed(self) -> dict[str, Any]:
        """What the headers tell, in botocore's form, to be judged as its answers are."""
        told = self.headers
        request_id = told.get("x-amz-request-id") or told.get("x-amzn-requestid")
        return {
            "ETag": told.get("etag"),
            "Metadata": {TOKEN: told.get(f"x-amz-meta-{TOKEN}")},
            "ResponseMetadata": {"RequestId": request_id, "HostId": told.get("x-amz-id-2")},
        }

    def refusal(self) -> LinkAnswer:
        """Return why it is not the file; that it is gone is taken from the storage alone."""
        why = explain(self.status, self.body, headers=self.headers, method=self.method)
        if why.meaning != "gone":
            return why
        response = ProviderAnswer.from_http(self.status, self.body, self.headers, self.method)
        return why if response.own else explain_page()


class LinkReader:
    """Asks for what is behind a link, and leaves before the bytes come.

    Proxies and certificate authorities are those of our other requests. The link is in no repr and
    no error, nor in what an error was caused by: botocore's name the whole address.
    """

    def __init__(self, link: str, *, public_only: bool = False) -> None:
        from jupyter_openeo_artifacts.concurrency.cancellation import CancelToken
        from jupyter_openeo_artifacts.transfer.config import RetryPolicy
        from jupyter_openeo_artifacts.transfer.retry import Retrier

        self._link = link
        self._host = urlsplit(link).netloc.rpartition("@")[2]
        self._retrier = Retrier(self._host, RetryPolicy(patience=PATIENCE), CancelToken())
        self._session = http_session(link, public_only=public_only)

    def ask(self, method: str, headers: dict[str, str]) -> LinkResponse:
        """Return what is answered, whatever that is.

        Raises
        ------
        StorageUnreachable, StorageUntrusted, StorageBusy
            There is no answer, for as long as there is patience.
        """
        return self._retrier.run("read the link", lambda: self._once(method, headers))

    def _once(self, method: str, headers: dict[str, str]) -> LinkResponse:
        from botocore.awsrequest import AWSRequest

        request = AWSRequest(method, self._link, headers=headers, stream_output=True).prepare()
        try:
            answer = self._session.send(request)
            try:
                body = answer.raw.read(_LONGEST_REFUSAL) if answer.status_code >= _REFUSED else b""
            finally:
                answer.raw.close()
        except Exception as error:  # noqa: BLE001  none may carry the address on
            verdict = classify_error(error, action="read the link", host=self._host)
        else:
            named = {name.lower(): value for name, value in answer.headers.items()}
            found = LinkResponse(method, answer.status_code, named, body)
            return self._with_patience(found)
        if verdict is None:
            raise StorageUnreachable(f"Could not read the link: {self._host} gave no answer.")
        raise verdict.error

    @staticmethod
    def _with_patience(answer: LinkResponse) -> LinkResponse:
        if answer.status >= _REFUSED:
            why = answer.refusal()
            if why.who == "wait":
                raise StorageBusy(why.says, todo=why.todo, request_id=why.request_id)
        return answer


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
    return _answer_of(ProviderAnswer.from_http(status, body, headers or {}, method.upper()))


def explain_page() -> LinkAnswer:
    """Say what a page in the storage's place means, whatever its status."""
    return _answer_of(ProviderAnswer(code=NOT_XML))


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


def _answer_of(response: ProviderAnswer) -> LinkAnswer:
    row = find("link", response).row
    says = row.says.format(skew=_signers_clock(response))
    return LinkAnswer(row.meaning, row.who, says, row.todo, response.request_id)


def _signers_clock(response: ProviderAnswer) -> str:
    """Return how the signer's clock stood, which is this machine's for links made here."""
    return response.skew if "minutes" in response.skew else "ahead of the storage's"
