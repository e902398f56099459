"""The requests about objects that are made here, to one storage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import IO

    from botocore.client import ClientMeta
    from mypy_boto3_s3.client import S3Client

    from jupyter_openeo_artifacts.s3.fast_put import FastPut

_CONTENT_TYPE = "binary/octet-stream"  # S3's own default


class ObjectClient:
    """Makes ten of S3's requests; arguments, answers and errors are those of boto3's methods.

    The two that carry bytes go by `FastPut`, where there is one; all others, and these two without,
    by botocore. For any number of threads.

    Parameters
    ----------
    client
        botocore's, without retries of its own.
    put, part
        What sends PutObject and UploadPart in its place.
    """

    def __init__(
        self, client: S3Client, *, put: FastPut | None = None, part: FastPut | None = None
    ) -> None:
        self.botocore = client
        """The client below, for requests that nothing here makes."""
        self.meta: ClientMeta = client.meta
        """botocore's: the endpoint, and the events of each request."""
        self._put = put
        self._part = part

    def put_object(
        self,
        *,
        Bucket: str,
        Key: str,
        Body: IO[bytes] | bytes,
        ContentType: str = _CONTENT_TYPE,
        Metadata: Mapping[str, str] | None = None,
        IfNoneMatch: str | None = None,
    ) -> Mapping[str, Any]:
        """Store an object; with `IfNoneMatch="*"` only where there is none."""
        condition: Any = {"IfNoneMatch": IfNoneMatch} if IfNoneMatch else {}
        if self._put is None:
            return self.botocore.put_object(
                Bucket=Bucket,
                Key=Key,
                Body=Body,
                ContentType=ContentType,
                Metadata=Metadata or {},
                **condition,
            )
        headers = {
            "Content-Type": ContentType,
            **({"If-None-Match": IfNoneMatch} if IfNoneMatch else {}),
            **{f"x-amz-meta-{name}": value for name, value in (Metadata or {}).items()},
        }
        return self._put.send(Bucket, Key, "", headers, Body)

    def create_multipart_upload(
        self,
        *,
        Bucket: str,
        Key: str,
        ContentType: str = _CONTENT_TYPE,
        Metadata: Mapping[str, str] | None = None,
    ) -> Mapping[str, Any]:
        """Begin an upload in parts; its id is in the answer."""
        return self.botocore.create_multipart_upload(
            Bucket=Bucket, Key=Key, ContentType=ContentType, Metadata=Metadata or {}
        )

    def upload_part(
        self, *, Bucket: str, Key: str, UploadId: str, PartNumber: int, Body: IO[bytes] | bytes
    ) -> Mapping[str, Any]:
        """Store one part of an upload."""
        if self._part is None:
            return self.botocore.upload_part(
                Bucket=Bucket, Key=Key, UploadId=UploadId, PartNumber=PartNumber, Body=Body
            )
        query = f"partNumber={PartNumber}&uploadId={quote(UploadId, safe='-._~')}"
        return self._part.send(Bucket, Key, query, {}, Body)

    def complete_multipart_upload(
        self,
        *,
        Bucket: str,
        Key: str,
        UploadId: str,
        MultipartUpload: Mapping[str, Sequence[Mapping[str, Any]]],
        IfNoneMatch: str | None = None,
    ) -> Mapping[str, Any]:
        """Make an object of the parts; with `IfNoneMatch="*"` only where there is none."""
        condition: Any = {"IfNoneMatch": IfNoneMatch} if IfNoneMatch else {}
        return self.botocore.complete_multipart_upload(
            Bucket=Bucket,
            Key=Key,
            UploadId=UploadId,
            MultipartUpload=MultipartUpload,  # type: ignore[arg-type]
            **condition,
        )

    def abort_multipart_upload(self, *, Bucket: str, Key: str, UploadId: str) -> Mapping[str, Any]:
        """Drop an upload and its parts."""
        return self.botocore.abort_multipart_upload(Bucket=Bucket, Key=Key, UploadId=UploadId)

    def list_multipart_uploads(self, *, Bucket: str, Prefix: str = "") -> Mapping[str, Any]:
        """Return the uploads that have not ended, as far as one answer has them."""
        return self.botocore.list_multipart_uploads(Bucket=Bucket, Prefix=Prefix)

    def head_object(self, *, Bucket: str, Key: str) -> Mapping[str, Any]:
        """Return what is known of an object: size, type, ETag, metadata."""
        return self.botocore.head_object(Bucket=Bucket, Key=Key)

    def get_object(self, *, Bucket: str, Key: str, **more: Any) -> Mapping[str, Any]:
        """Return an object; its `Body` is a stream. `more`: `Range` and `IfMatch`."""
        return self.botocore.get_object(Bucket=Bucket, Key=Key, **more)

    def delete_object(self, *, Bucket: str, Key: str) -> Mapping[str, Any]:
        """Remove an object; no error where there is none."""
        return self.botocore.delete_object(Bucket=Bucket, Key=Key)

    def list_objects_v2(
        self, *, Bucket: str, Prefix: str = "", MaxKeys: int = 1000, **more: Any
    ) -> Mapping[str, Any]:
        """Return a page of objects by key; `more`: the `ContinuationToken` of the one before."""
        return self.botocore.list_objects_v2(Bucket=Bucket, Prefix=Prefix, MaxKeys=MaxKeys, **more)
