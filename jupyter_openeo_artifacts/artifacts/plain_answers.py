"""Storage's answers as they are: no following elsewhere, and no request id lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jupyter_openeo_artifacts.answers import Heard

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

_FAILED = 300


def take_answers_plainly(client: S3Client) -> None:
    """Undo what botocore does to the answers that `client` gets.

    It looks for a bucket elsewhere when an answer redirects, and when that is answered by a
    redirect too, as by a proxy's log-in page, without end; the files are to go nowhere else anyway.
    And it drops the request id in an error's text, which is the only one that fakes3pp gives.
    """
    events = client.meta.events
    events.register("before-parameter-build.s3", _stay)
    events.register("after-call.s3", _keep_request_id)


def _stay(context: dict[str, Any], **_: Any) -> None:
    context.setdefault("s3_redirect", {})["redirected"] = True


def _keep_request_id(http_response: Any, parsed: dict[str, Any], **_: Any) -> None:
    if http_response.status_code < _FAILED:
        return
    kept = parsed.setdefault("ResponseMetadata", {})
    if not kept.get("RequestId"):
        heard = Heard.from_http(http_response.status_code, http_response.content, {}, "")
        if heard.request_id:
            kept["RequestId"] = heard.request_id
