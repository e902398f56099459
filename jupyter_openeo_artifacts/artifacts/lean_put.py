"""PutObject with half of the work that botocore makes of it; many small files are made of that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import IO

    from mypy_boto3_s3.client import S3Client

    from jupyter_openeo_artifacts.artifacts.lean_http import LeanHTTP

_FAILED = 300
_READ_ANYWAY = 256 * 1024
"""Bytes of a body that servers read even if they refuse it (Go's maxPostHandlerReadBytes, behind
which are SeaweedFS, MinIO and fakes3pp): asking first would be a round trip more, and botocore
reads the answer byte by byte."""
_TOLD = {
    "ETag": "etag",
    "ServerSideEncryption": "x-amz-server-side-encryption",
    "SSECustomerAlgorithm": "x-amz-server-side-encryption-customer-algorithm",
}


def put_leanly(client: S3Client, http: Any, small: LeanHTTP | None) -> None:
    """Let `client.put_object` do without what is the same each time.

    What is left out: finding the endpoint by rules, validating, serializing. What stays is
    botocore's own: its signer, its HTTP, its events from `before-sign` to `after-call`, its parser
    of errors, and its exceptions. Of an answer that is none, only the ETag and what it may mean
    are told. For clients of one endpoint, with path style and no retries.

    Parameters
    ----------
    http
        botocore's HTTP session, made for the client's endpoint.
    small
        What sends small bodies in its place; None where there is a proxy, which is its business.
    """
    setattr(client, "put_object", _LeanPut(client, http, small))  # noqa: B010 - a method, to mypy


class _LeanPut:
    def __init__(self, client: S3Client, http: Any, small: LeanHTTP | None) -> None:
        from botocore.parsers import create_parser

        # Not the client itself: that would make a circle, which keeps sockets open.
        self._events: Any = client.meta.events
        self._config: Any = client.meta.config
        self._exceptions: Any = client.exceptions
        self._http = http
        self._small = small
        self._model: Any = client.meta.service_model.operation_model("PutObject")
        self._parser = create_parser("rest-xml")
        self._endpoint = client.meta.endpoint_url
        self._region = client.meta.region_name

    def __call__(
        self,
        *,
        Bucket: str,  # noqa: N803 - boto3's names
        Key: str,  # noqa: N803
        Body: IO[bytes] | bytes,  # noqa: N803
        ContentType: str = "binary/octet-stream",  # noqa: N803 - S3's own default
        Metadata: Mapping[str, str] | None = None,  # noqa: N803
        IfNoneMatch: str | None = None,  # noqa: N803
    ) -> dict[str, Any]:
        """See `S3Client.put_object`; nothing but these is taken.

        Raises
        ------
        botocore.exceptions.ClientError, botocore.exceptions.BotoCoreError
            As from the client.
        """
        from botocore import UNSIGNED
        from botocore.awsrequest import AWSRequest

        headers = {
            "User-Agent": self._config.user_agent,
            "Content-Type": ContentType,
            **({"If-None-Match": IfNoneMatch} if IfNoneMatch else {}),
            **{f"x-amz-meta-{name}": value for name, value in (Metadata or {}).items()},
        }
        request = AWSRequest("PUT", self._url(Bucket, Key), headers, Body)
        request.context = {"client_config": self._config, "has_streaming_input": True}
        self._emit(
            "before-sign",
            request=request,
            operation_name="PutObject",
            signature_version=UNSIGNED,
            signing_name="s3",
            region_name=self._region,
            request_signer=None,
        )
        answer = self._send(request, Body)
        parsed = self._parsed(answer, request.context)
        self._emit(
            "after-call",
            http_response=answer,
            parsed=parsed,
            model=self._model,
            context=request.context,
        )
        if answer.status_code < _FAILED:
            return parsed
        error = self._exceptions.from_code(parsed.get("Error", {}).get("Code"))
        raise error(parsed, "PutObject")

    def _url(self, bucket: str, key: str) -> str:
        from botocore.utils import percent_encode

        return f"{self._endpoint}/{bucket}/{percent_encode(key, safe='/~')}"

    def _send(self, request: Any, body: Any) -> Any:
        from botocore.awsrequest import AWSPreparedRequest

        headers: Any = {**dict(request.headers.items()), "Content-Length": str(len(body))}
        content = getattr(body, "content", body)
        is_small = len(body) <= _READ_ANYWAY
        if hasattr(body, "read") and not is_small:
            headers["Expect"] = "100-continue"
        # With a plain dict; the one that looks for names in any case is asked often, and is slow.
        ready = AWSPreparedRequest(
            "PUT", request.url, headers, body, stream_output=False, context=request.context
        )
        try:
            for _, given in self._emit("before-send", request=ready):
                if given is not None:
                    return given
            if is_small and self._small is not None and isinstance(content, bytes | memoryview):
                return self._small.send(ready, content)
            return self._http.send(ready)
        except Exception as error:
            self._received(None, None, request.context, error)
            raise

    def _parsed(self, answer: Any, context: dict[str, Any]) -> dict[str, Any]:
        from botocore.endpoint import convert_to_response_dict

        read = convert_to_response_dict(answer, self._model)
        try:
            parsed = self._meaning(read)
        except Exception as error:
            self._received(None, None, context, error)
            raise
        self._received(read, parsed, context, None)
        return parsed

    def _meaning(self, read: dict[str, Any]) -> dict[str, Any]:
        if read["status_code"] >= _FAILED:
            parsed: dict[str, Any] = self._parser.parse(read, self._model.output_shape)
            return parsed
        headers = {name.lower(): value for name, value in read["headers"].items()}
        told = {name: headers[header] for name, header in _TOLD.items() if header in headers}
        about = {"HTTPStatusCode": read["status_code"], "HTTPHeaders": headers}
        return {**told, "ResponseMetadata": about}

    def _received(self, read: Any, parsed: Any, context: Any, error: Any) -> None:
        self._emit(
            "response-received",
            response_dict=read,
            parsed_response=parsed,
            context=context,
            exception=error,
        )

    def _emit(self, event: str, **what: Any) -> Any:
        return self._events.emit(f"{event}.s3.PutObject", **what)
