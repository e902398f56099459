"""Storage's answers as they are: no following elsewhere, and no request id lost."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from jupyter_openeo_artifacts.error_catalog.response import (
    ProviderAnswer,
    repeats_a_secret,
    root_of,
)
from jupyter_openeo_artifacts.s3.exceptions import IntermediaryAnswered, not_s3
from jupyter_openeo_artifacts.s3.signing import SESSION_TOKEN
from jupyter_openeo_artifacts.urls import host_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_s3.client import S3Client


_FAILED = 300

_PAGES = ("text/html", "application/xhtml+xml")

_ANSWERED_BY_XML = {
    "CreateMultipartUpload": "InitiateMultipartUploadResult",
    "CompleteMultipartUpload": "CompleteMultipartUploadResult",
    "ListMultipartUploads": "",
    "ListObjectsV2": "",
}
"""The root element of what is read here; empty where botocore's reading is enough."""

_ANSWERED_BY_HEADERS = ("PutObject", "UploadPart", "AbortMultipartUpload", "DeleteObject")


def parse_plainly(client: S3Client) -> None:
    """Undo what botocore does to the answers that `client` gets.

    It looks for a bucket elsewhere when an answer redirects, and when that is answered by a
    redirect too, as by a proxy's log-in page, without end; the files are to go nowhere else anyway.
    It drops the request id in an error's text, which is the only one that fakes3pp gives, and an
    error document that fakes3pp has glued to a line of text. And it takes any page for a success.
    A session token that an error repeats would be in its exception.
    """
    events = client.meta.events
    events.register("before-parameter-build.s3", _stay)
    events.register("after-call.s3", _keep_words)
    host = host_of(client.meta.endpoint_url)
    for operation, root in _ANSWERED_BY_XML.items():
        # By such a name it is called before botocore's own, which makes a 500 of a 200 that it
        # cannot read.
        events.register(f"before-parse.*.{operation}", partial(_refuse_unreadable, host, root))
    for operation in _ANSWERED_BY_HEADERS:
        events.register(f"after-call.s3.{operation}", partial(_refuse_page, host))


def _stay(context: dict[str, Any], **_: Any) -> None:
    context.setdefault("s3_redirect", {})["redirected"] = True


def _keep_words(
    http_response: Any, parsed: dict[str, Any], context: dict[str, Any], **_: Any
) -> None:
    if http_response.status_code < _FAILED:
        return
    response = ProviderAnswer.from_http(http_response.status_code, http_response.content, {}, "")
    kept = parsed.setdefault("ResponseMetadata", {})
    if not kept.get("RequestId") and response.request_id:
        kept["RequestId"] = response.request_id
    told = parsed.setdefault("Error", {})
    if response.own and str(told.get("Code") or "").isdecimal():
        told.update(Code=response.code, Message=response.message)
    if token := context.get(SESSION_TOKEN):
        for words in (told, kept, kept.get("HTTPHeaders", {})):
            _hide(words, token)


def _hide(words: dict[str, Any], token: str) -> None:
    """Take the session token of a request out of what is kept of its answer."""
    for name, text in words.items():
        if isinstance(text, str) and repeats_a_secret(text, [token]):
            left = text.replace(token, "...")
            words[name] = "" if repeats_a_secret(left, [token]) else left


def _refuse_unreadable(host: str, root: str, response_dict: dict[str, Any], **_: Any) -> None:
    """Raise for a success that is none of S3's.

    Raises
    ------
    IntermediaryAnswered, AnswerUnreadable
        It is a web page, or no document of that root; the storage's own errors come with 200, too.
    """
    status, body = response_dict["status_code"], response_dict["body"]
    _refuse(host, status, response_dict["headers"])
    if status < _FAILED and root and root_of(body) not in (root, "Error"):
        begins = root == _ANSWERED_BY_XML["CreateMultipartUpload"]
        raise not_s3(host, again="few" if begins else "patiently")


def _refuse_page(host: str, http_response: Any, **_: Any) -> None:
    _refuse(host, http_response.status_code, http_response.headers)


def _refuse(host: str, status: int, headers: Mapping[str, str]) -> None:
    """Raise for a success that is a web page: a network's log-in page is one.

    Raises
    ------
    IntermediaryAnswered
        It is, and no storage has put its request id to it.
    """
    if status >= _FAILED:
        return
    lower = {name.lower(): value for name, value in headers.items()}
    kind = lower.get("content-type", "").partition(";")[0].strip().lower()
    if kind in _PAGES and not ProviderAnswer.from_http(status, b"", lower, "").own:
        raise IntermediaryAnswered.of("reach the storage", host, status)
