"""One key in storage: what is there, by its ETag and our mark, and removing what is ours."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import Enum, auto
from hashlib import md5
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from jupyter_openeo_artifacts.errors import Cancelled
from jupyter_openeo_artifacts.s3.error_mapping import S3Refusal, StorageSeen
from jupyter_openeo_artifacts.s3.exceptions import not_s3
from jupyter_openeo_artifacts.urls import host_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from jupyter_openeo_artifacts.s3.object_client import ObjectClient


TOKEN = "openeo-artifacts-upload"  # noqa: S105 - names a mark, not a secret
"""The metadata entry that says which upload an object is from."""


def is_client_error(error: Exception) -> bool:
    """Whether the storage itself has answered that it has not done it; else nobody knows."""
    from botocore.exceptions import ClientError

    if not isinstance(error, ClientError):
        return False
    response = S3Refusal.of(error).response
    return response.own and 400 <= response.status < 500  # noqa: PLR2004 - HTTP's client errors


def is_too_large_in_between(error: Exception) -> bool:
    """Whether something in the storage's place has said that bytes of a file are too many."""
    from botocore.exceptions import ClientError

    return isinstance(error, ClientError) and S3Refusal.of(error).is_too_large_in_between


def is_pending(error: Exception) -> bool:
    """Whether the storage may still do what was asked, as nobody waits for its answer any more."""
    from botocore.exceptions import ReadTimeoutError

    return isinstance(error, ReadTimeoutError) or (isinstance(error, Cancelled) and error.pending)


class ObjectStatus(Enum):
    """What a look at the key has shown."""

    OURS = auto()
    DAMAGED = auto()
    """From this upload, but not what was sent."""
    OTHER = auto()
    """From somebody else."""
    ABSENT = auto()


class CleanupOutcome(Enum):
    """What is left in the storage after an upload was undone."""

    NOTHING = auto()
    WHOLE = auto()
    """The whole object: it was stored before the undoing, and cannot be deleted."""
    UNKNOWN = auto()
    """Perhaps something: the storage could not be asked, or did not do it."""


@dataclass(frozen=True)
class RemoteObject:
    """The key that one upload is to make.

    `token` is the random mark in the object's metadata by which it is known as this upload's;
    `contact` knows whether its storage has shown itself.
    """

    client: ObjectClient
    bucket: str
    key: str
    token: str
    contact: StorageSeen = field(default_factory=StorageSeen)

    @property
    def uri(self) -> str:
        """Its storage URI."""
        return f"s3://{self.bucket}/{self.key}"

    @property
    def host(self) -> str:
        """The storage's host and port: all of its address that may be in a message."""
        return host_of(self.client.meta.endpoint_url)

    def find(self, size: int, etag: str | None) -> ObjectStatus:
        """Look, with one request.

        Parameters
        ----------
        size
            Bytes it should have.
        etag
            The ETag it should have; None where the storage's are no MD5s.

        Raises
        ------
        botocore.exceptions.ClientError, botocore.exceptions.BotoCoreError, AnswerUnreadable
            There was no answer, or another one than yes or no (as a log-in page of a network).
        """
        from botocore.exceptions import ClientError

        try:
            answer = self.client.head_object(Bucket=self.bucket, Key=self.key)
        except ClientError as error:
            response = S3Refusal.of(error).response
            if response.own and response.status == HTTPStatus.NOT_FOUND:
                return ObjectStatus.ABSENT
            raise
        except ValueError as error:  # a number that botocore cannot read
            raise not_s3(self.host) from error
        same_content = agrees(answer, etag)
        mark = mark_of(answer)
        if not mark and not (bare_etag(answer) and is_from_storage(answer)):
            raise not_s3(self.host)
        if not mark:  # a storage that drops metadata: only the content can tell
            return ObjectStatus.OURS if same_content else ObjectStatus.OTHER
        if mark != self.token:
            return ObjectStatus.OTHER
        whole = answer.get("ContentLength") == size and same_content is not False
        return ObjectStatus.OURS if whole else ObjectStatus.DAMAGED

    def etag(self) -> str:
        """Return the ETag it has; errors as those of `find`, and there has to be one."""
        answer = self.client.head_object(Bucket=self.bucket, Key=self.key)
        if not is_from_storage(answer):
            raise not_s3(self.host)
        return bare_etag(answer)

    def remove(self) -> None:
        """Remove the object, with one request."""
        self.client.delete_object(Bucket=self.bucket, Key=self.key)


_MD5 = re.compile(r"[0-9a-f]{32}(-\d+)?")


def bare_etag(answer: Mapping[str, Any]) -> str:
    """Return the answer's ETag without quotes, in lower case; empty where there is none."""
    return str(answer.get("ETag") or "").removeprefix("W/").strip('"').lower()


def has_md5(answer: Mapping[str, Any]) -> bool:
    """Whether the ETag has the form of one that S3 makes of content, as a web page's has not."""
    return _MD5.fullmatch(bare_etag(answer)) is not None


def mark_of(answer: Mapping[str, Any]) -> str:
    """Return our mark in an object's metadata; empty where there is none."""
    kept = {name.lower(): value for name, value in (answer.get("Metadata") or {}).items()}
    return str(kept.get(TOKEN) or "")


def is_marked(answer: Mapping[str, Any]) -> bool:
    """Whether a success has a request id of S3's, or our mark."""
    about = answer.get("ResponseMetadata") or {}
    return bool(about.get("RequestId") or about.get("HostId") or mark_of(answer))


def is_from_storage(answer: Mapping[str, Any]) -> bool:
    """Whether a success is S3's own, by a request id, our mark or an MD5; a page has none."""
    return is_marked(answer) or has_md5(answer)


def quoted_etag(etag: str) -> str:
    """Return an ETag as Complete and `If-Match` take it, whatever was done to it on the way."""
    bare = etag.removeprefix("W/").strip('"')
    return f'"{bare}"'


def content_md5(content: bytes | memoryview) -> str:
    """Return the ETag of an object or part with this content."""
    return md5(content, usedforsecurity=False).hexdigest()


def composite_md5(parts: Iterable[str]) -> str:
    """Return the ETag of an object made of parts with these ETags, in order."""
    digests = [bytes.fromhex(part) for part in parts]
    return f"{md5(b''.join(digests), usedforsecurity=False).hexdigest()}-{len(digests)}"


def agrees(answer: Mapping[str, Any], expected: str | None) -> bool | None:
    """Whether the answer's ETag is `expected`; None where that cannot be told.

    An ETag of another form than the expected one (with or without the number of parts) is none of
    ours to judge, nor is one of an object encrypted with a key the storage does not show (SSE-KMS,
    SSE-C: https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html).
    """
    found = _MD5.fullmatch(bare_etag(answer))
    if expected is None or not found or _is_encrypted(answer):
        return None
    _, _, count = expected.partition("-")
    if (found[1] or "") != (f"-{count}" if count else ""):
        return None
    return found[0] == expected


def _is_encrypted(answer: Mapping[str, Any]) -> bool:
    kind = str(answer.get("ServerSideEncryption") or "")
    return kind.startswith("aws:") or bool(answer.get("SSECustomerAlgorithm"))
