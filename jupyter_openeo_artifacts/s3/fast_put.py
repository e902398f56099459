"""PutObject and UploadPart with half of the work that botocore makes of them."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote, urlsplit

from jupyter_openeo_artifacts.urls import is_private

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import IO

    from mypy_boto3_s3.client import S3Client

    from jupyter_openeo_artifacts.s3.connection_pool import ConnectionPool
    from jupyter_openeo_artifacts.s3.signing import RequestSigner


_FAILED = 300

_READ_ANYWAY = 256 * 1024
"""Bytes of a body that servers read even if they refuse it (Go's maxPostHandlerReadBytes, behind
which are SeaweedFS, MinIO and fakes3pp): asking first would be a round trip more, and botocore
reads the answer byte by byte."""

_UNSIGNED = "UNSIGNED-PAYLOAD"

_TOLD = {
    "ETag": "etag",
    "ServerSideEncryption": "x-amz-server-side-encryption",
    "SSECustomerAlgorithm": "x-amz-server-side-encryption-customer-algorithm",
}

_NAMED = {
    "x-amz-request-id": "RequestId",
    "x-amzn-requestid": "RequestId",
    "x-amz-id-2": "HostId",
}


class FastPut:
    """PutObject or UploadPart of one client, without what is the same each time.

    What is left out: finding the endpoint by rules, validating, serializing, signing in general.
    What stays is botocore's own: its HTTP, its events from `before-send` to `after-call`, its
    parser of errors, and its exceptions. Of an answer that is none, only the ETag, what it may
    mean and the request id are told. For clients of one endpoint, with path style and no retries.

    Parameters
    ----------
    operation
        S3's name of it.
    http
        botocore's HTTP session, made for the client's endpoint.
    lean
        What sends what lies in memory in its place; None where there is a proxy, which is for the
        session.
    signer
        Of the requests.
    always
        Headers of every request.
    """

    def __init__(
        self,
        client: S3Client,
        operation: str,
        *,
        http: Any,
        lean: ConnectionPool | None,
        signer: RequestSigner,
        always: Mapping[str, str],
    ) -> None:
        from botocore.parsers import create_parser

        # Not the client itself: that would make a circle, which keeps sockets open.
        self._events: Any = client.meta.events
        self._exceptions: Any = client.exceptions
        self._operation = operation
        self._asks_first = True
        self._http = http
        self._lean = lean
        self._model: Any = client.meta.service_model.operation_model(operation)
        self._parser = create_parser("rest-xml")
        self._endpoint = client.meta.endpoint_url
        self._base = urlsplit(self._endpoint).path.rstrip("/")
        self._origin = self._endpoint.removesuffix("/").removesuffix(self._base)
        agent = cast("Any", client.meta.config).user_agent
        self._always = {"Host": host_header(self._endpoint), "User-Agent": agent, **always}
        self._signer = signer
        proxied = lean is None
        self._private = is_private(self._endpoint) and not (
            proxied and self._endpoint.startswith("http:")
        )

    def send(
        self, bucket: str, key: str, query: str, headers: Mapping[str, str], body: IO[bytes] | bytes
    ) -> dict[str, Any]:
        """Return what is told of the answer.

        Raises
        ------
        botocore.exceptions.ClientError, botocore.exceptions.BotoCoreError
            As from the client.
        """
        path = self._path(bucket, key)
        bound, payload = self._binding(body)
        named = {**self._always, **headers, **bound}
        context: dict[str, Any] = {"has_streaming_input": True}
        self._signer.sign("PUT", (path, query), named, payload, context)
        url = f"{self._origin}{path}{'?' if query else ''}{query}"
        answer = self._sent(url, named, body, context)
        parsed = self._parsed(answer, context)
        self._emit(
            "after-call",
            http_response=answer,
            parsed=parsed,
            model=self._model,
            context=context,
        )
        if answer.status_code < _FAILED:
            return parsed
        error = self._exceptions.from_code(parsed.get("Error", {}).get("Code"))
        raise error(parsed, self._operation)

    def _binding(self, body: Any) -> tuple[dict[str, str], str]:
        """Return the headers that bind a request to its body, and what is signed for its SHA-256.

        Where nobody can change what is on its way, a checksum among the signed headers is enough:
        the AWS SDKs have it so over https (botocore: `S3SigV4Auth._should_sha256_sign_payload`),
        we on this machine, too. Elsewhere storage is told both. Content-MD5:
        https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPart.html
        """
        if isinstance(body, bytes):
            return {}, sha256(body).hexdigest()
        if not body.md5:
            return {}, body.sha256
        named = {"Content-MD5": b64encode(bytes.fromhex(body.md5)).decode()}
        return named, _UNSIGNED if self._private else body.sha256

    def _path(self, bucket: str, key: str) -> str:
        return f"{self._base}/{bucket}/{quote(key, safe='/~')}"

    def _sent(self, url: str, named: dict[str, str], body: Any, context: dict[str, Any]) -> Any:
        from botocore.awsrequest import AWSPreparedRequest

        headers: Any = {**named, "Content-Length": str(len(body))}
        if self._asks_first and hasattr(body, "read") and len(body) > _READ_ANYWAY:
            headers["Expect"] = b"100-continue"  # as botocore looks for it, to wait
        # With a plain dict; the one that looks for names in any case is asked often, and is slow.
        ready = AWSPreparedRequest("PUT", url, headers, body, stream_output=False)
        try:
            for _, given in self._emit("before-send", request=ready):
                if given is not None:
                    return given
            return self._welcome(ready, body)
        except Exception as error:
            self._received(None, None, context, error)
            raise

    def _welcome(self, ready: Any, body: Any) -> Any:
        """Send it, once more without `Expect` where something on the way knows none.

        https://www.rfc-editor.org/rfc/rfc9110#section-10.1.1
        """
        answer = self._send(ready)
        if answer.status_code != HTTPStatus.EXPECTATION_FAILED or "Expect" not in ready.headers:
            return answer
        self._asks_first = False
        del ready.headers["Expect"]
        ready.body = body
        ready.reset_stream()
        return self._send(ready)

    def _send(self, ready: Any) -> Any:
        """Send what lies in memory as it lies there, all else by botocore's session."""
        pieces = getattr(ready.body, "pieces", None)
        if self._lean is None or not (pieces or isinstance(ready.body, bytes)):
            return self._http.send(ready)
        if pieces:  # not before: whoever listens to `before-send` expects bytes or a file
            ready.body = pieces()
        return self._lean.send(ready)

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
        named = {name: headers[header] for header, name in _NAMED.items() if header in headers}
        return {**told, "ResponseMetadata": {**about, **named}}

    def _received(self, read: Any, parsed: Any, context: Any, error: Any) -> None:
        self._emit(
            "response-received",
            response_dict=read,
            parsed_response=parsed,
            context=context,
            exception=error,
        )

    def _emit(self, event: str, **what: Any) -> Any:
        return self._events.emit(f"{event}.s3.{self._operation}", **what)


def host_header(endpoint: str) -> str:
    """Return what HTTP's `Host` is to be, https://www.rfc-editor.org/rfc/rfc9110#name-host."""
    default = ":443" if endpoint.startswith("https:") else ":80"
    return urlsplit(endpoint).netloc.rpartition("@")[2].lower().removesuffix(default)
