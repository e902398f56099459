"""A reader of a presigned URL, as a job at the backend is one: without a login of its own."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from jupyter_openeo_artifacts.answers import Heard
from jupyter_openeo_artifacts.artifacts.clients import http_session
from jupyter_openeo_artifacts.artifacts.link_answers import explain, explain_page
from jupyter_openeo_artifacts.transfer.exceptions import StorageBusy, StorageUnreachable
from jupyter_openeo_artifacts.transfer.remote import TOKEN
from jupyter_openeo_artifacts.transfer.verdict import judge

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jupyter_openeo_artifacts.artifacts.link_answers import LinkAnswer

_PATIENCE = 10.0
_REFUSED = 300
_LONGEST_REFUSAL = 65_536


@dataclass(frozen=True)
class Answer:
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
        heard = Heard.from_http(self.status, self.body, self.headers, self.method)
        return why if heard.own else explain_page()


class LinkReader:
    """Asks for what is behind a link, and leaves before the bytes come.

    Proxies and certificate authorities are those of our other requests. The link is in no repr and
    no error, nor in what an error was caused by: botocore's name the whole address.
    """

    def __init__(self, link: str, *, public_only: bool = False) -> None:
        from jupyter_openeo_artifacts.transfer.cancel import CancelToken
        from jupyter_openeo_artifacts.transfer.config import TransferConfig
        from jupyter_openeo_artifacts.transfer.retry import Retrier

        self._link = link
        self._host = urlsplit(link).netloc.rpartition("@")[2]
        self._retrier = Retrier(self._host, TransferConfig(patience=_PATIENCE), CancelToken())
        self._session = http_session(link, public_only=public_only)

    def ask(self, method: str, headers: dict[str, str]) -> Answer:
        """Return what is answered, whatever that is.

        Raises
        ------
        StorageUnreachable, StorageUntrusted, StorageBusy
            There is no answer, for as long as there is patience.
        """
        return self._retrier.run("read the link", lambda: self._once(method, headers))

    def _once(self, method: str, headers: dict[str, str]) -> Answer:
        from botocore.awsrequest import AWSRequest

        request = AWSRequest(method, self._link, headers=headers, stream_output=True).prepare()
        try:
            answer = self._session.send(request)
            try:
                body = answer.raw.read(_LONGEST_REFUSAL) if answer.status_code >= _REFUSED else b""
            finally:
                answer.raw.close()
        except Exception as error:  # noqa: BLE001  none may carry the address on
            verdict = judge(error, action="read the link", host=self._host)
        else:
            named = {name.lower(): value for name, value in answer.headers.items()}
            found = Answer(method, answer.status_code, named, body)
            return self._with_patience(found)
        if verdict is None:
            raise StorageUnreachable(f"Could not read the link: {self._host} gave no answer.")
        raise verdict.error

    @staticmethod
    def _with_patience(answer: Answer) -> Answer:
        if answer.status >= _REFUSED:
            why = answer.refusal()
            if why.who == "wait":
                raise StorageBusy(why.says, todo=why.todo, request_id=why.request_id)
        return answer
