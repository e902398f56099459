"""PutObject and UploadPart with half of the work that botocore makes of them."""

from __future__ import annotations

from base64 import b64encode
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from jupyter_openeo_artifacts.s3.remote_object import host_of
from jupyter_openeo_artifacts.s3.signing import PAYLOAD
from jupyter_openeo_artifacts.urls import is_private

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import IO

    from mypy_boto3_s3.client import S3Client

    from jupyter_openeo_artifacts.s3.connection_pool import ConnectionPool


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


def use_fast_puts(client: S3Client, http: Any, lean: ConnectionPool | None) -> None:
    """Let `put_object` and `upload_part` of a client do without what is the same each time.

    What is left out: finding the endpoint by rules, validating, serializing. What stays is
    botocore's own: its signer, its HTTP, its events from `before-sign` to `after-call`, its parser
    of errors, and its exceptions. Of an answer that is none, only the ETag and what it may mean
    are told. For clients of one endpoint, with path style and no retries.

    Parameters
    ----------
    http
        botocore's HTTP session, made for the client's endpoint.
    lean
        What sends what lies in memory in its place; None where there is a proxy, which is for the
        session.
    """
    put = _Put(client, "PutObject", http, lean)
    part = _Put(client, "UploadPart", http, lean)

    def put_object(
        *,
        Bucket: str,  # noqa: N803 - boto3's names
        Key: str,  # noqa: N803
        Body: IO[bytes] | bytes,  # noqa: N803
        ContentType: str = "binary/octet-stream",  # noqa: N803 - S3's own default
        Metadata: Mapping[str, str] | None = None,  # noqa: N803
        IfNoneMatch: str | None = None,  # noqa: N803
    ) -> dict[str, Any]:
        """See `S3Client.put_object`; nothing but these is taken."""
        headers = {
            "Content-Type": ContentType,
            **({"If-None-Match": IfNoneMatch} if IfNoneMatch else {}),
            **{f"x-amz-meta-{name}": value for name, value in (Metadata or {}).items()},
        }
        return put.send(Bucket, Key, "", headers, Body)

    def upload_part(
        *,
        Bucket: str,  # noqa: N803
        Key: str,  # noqa: N803
        UploadId: str,  # noqa: N803
        PartNumber: int,  # noqa: N803
        Body: IO[bytes] | bytes,  # noqa: N803
    ) -> dict[str, Any]:
        """See `S3Client.upload_part`; nothing but these is taken."""
        query = f"?partNumber={PartNumber}&uploadId={quote(UploadId, safe='-._~')}"
        return part.send(Bucket, Key, query, {}, Body)

    setattr(client, "put_object", put_object)  # noqa: B010 - methods, to mypy
    setattr(client, "upload_part", upload_part)  # noqa: B010


class _Put:
    """One operation; `send` raises what the client would."""

    def __init__(
        self, client: S3Client, operation: str, http: Any, lean: ConnectionPool | None
    ) -> None:
        from botocore.parsers import create_parser

        # Not the client itself: that would make a circle, which keeps sockets open.
        self._events: Any = client.meta.events
        self._config: Any = client.meta.config
        self._exceptions: Any = client.exceptions
        self._operation = operation
        self._asks_first = True
        self._http = http
        self._lean = lean
        self._model: Any = client.meta.service_model.operation_model(operation)
        self._parser = create_parser("rest-xml")
        self._endpoint = client.meta.endpoint_url
        self._host = _host(self._endpoint)  # else the signer looks for it each time
        self._region = client.meta.region_name
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
        from botocore import UNSIGNED
        from botocore.awsrequest import AWSRequest

        url = f"{self._url(bucket, key)}{query}"
        bound, payload = self._binding(body)
        named = {"Host": self._host, "User-Agent": self._config.user_agent, **headers, **bound}
        request = AWSRequest("PUT", url, named, body)
        request.context = {
            "client_config": self._config,
            "has_streaming_input": True,
            PAYLOAD: payload,
        }
        self._emit(
            "before-sign",
            request=request,
            operation_name=self._operation,
            signature_version=UNSIGNED,
            signing_name="s3",
            region_name=self._region,
            request_signer=None,
        )
        answer = self._sent(request, body)
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
        raise error(parsed, self._operation)

    def _binding(self, body: Any) -> tuple[dict[str, str], str]:
        """Return the headers that bind a request to its body, and what is signed for its SHA-256.

        Where nobody can change what is on its way, a checksum among the signed headers is enough:
        the AWS SDKs have it so over https (botocore: `S3SigV4Auth._should_sha256_sign_payload`),
        we on this machine, too. Elsewhere storage is told both. Content-MD5:
        https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPart.html
        """
        md5 = getattr(body, "md5", "")
        if not md5:
            return {}, ""
        named = {"Content-MD5": b64encode(bytes.fromhex(md5)).decode()}
        return named, _UNSIGNED if self._private else ""

    def _url(self, bucket: str, key: str) -> str:
        from botocore.utils import percent_encode

        return f"{self._endpoint}/{bucket}/{percent_encode(key, safe='/~')}"

    def _sent(self, request: Any, body: Any) -> Any:
        from botocore.awsrequest import AWSPreparedRequest

        headers: Any = {**dict(request.headers.items()), "Content-Length": str(len(body))}
        if self._asks_first and hasattr(body, "read") and len(body) > _READ_ANYWAY:
            headers["Expect"] = b"100-continue"  # as botocore looks for it, to wait
        # With a plain dict; the one that looks for names in any case is asked often, and is slow.
        ready = AWSPreparedRequest("PUT", request.url, headers, body, stream_output=False)
        try:
            for _, given in self._emit("before-send", request=ready):
                if given is not None:
                    return given
            return self._welcome(ready, body)
        except Exception as error:
            self._received(None, None, request.context, error)
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
        return self._events.emit(f"{event}.s3.{self._operation}", **what)


def _host(endpoint: str) -> str:
    """Return what HTTP's `Host` is to be, https://www.rfc-editor.org/rfc/rfc9110#name-host."""
    default = ":443" if endpoint.startswith("https:") else ":80"
    return host_of(endpoint).lower().removesuffix(default)
