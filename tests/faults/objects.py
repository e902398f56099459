"""What the storage holds, and how each operation changes it."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, field
from hashlib import md5, sha256
from itertools import chain, count
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from tests.faults.answer import Answer, refuse, xml

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from tests.faults.content import Content
    from tests.faults.policy import Policy
    from tests.faults.request import Request

MIN_PART = 5 * 1024**2
MAX_PARTS = 10_000
_META = "x-amz-meta-"


@dataclass(frozen=True)
class Stored:
    """An object; `blocks` is empty where the policy keeps none."""

    size: int
    etag: str
    md5s: tuple[str, ...]
    """Of its parts."""
    metadata: dict[str, str]
    content_type: str
    blocks: tuple[bytes, ...]

    @property
    def sha256(self) -> str:
        """Of all its bytes, in hex."""
        digest = sha256()
        for block in self.blocks:
            digest.update(block)
        return digest.hexdigest()


@dataclass
class OpenUpload:
    """An upload in parts that has neither been completed nor aborted."""

    key: str
    metadata: dict[str, str]
    content_type: str
    parts: dict[int, tuple[Content, str]] = field(default_factory=dict)


class Objects:
    """One bucket. Every method may be called in any thread."""

    def __init__(self, policy: Policy, now: Callable[[], datetime]) -> None:
        self.policy = policy
        self.now = now
        self._lock = threading.RLock()
        self.objects: dict[str, Stored] = {}
        self.uploads: dict[str, OpenUpload] = {}
        self.completed: dict[str, str] = {}
        self.received: Counter[tuple[str, int]] = Counter()
        """Bytes that arrived for each key and part (0: the whole), over and over."""
        self._ids = count(1)

    def carry_out(self, request: Request, content: Content) -> Answer:
        """Do what is asked; raise `Refused` where S3 would say no."""
        with self._lock:
            if request.operation in self.policy.without or request.operation == "Unknown":
                raise self.policy.refusal_of(request.operation)
            return getattr(self, f"_{request.operation.lower()}")(request, content)  # type: ignore[no-any-return]

    def put(self, key: str, content: Content) -> None:
        """Have an object there, of somebody else."""
        with self._lock:
            self.objects[key] = self._made(content, {}, "a/b")

    def _createbucket(self, request: Request, content: Content) -> Answer:
        return Answer(200)

    def _put(self, request: Request, content: Content) -> Answer:
        self._may_write(request)
        self.objects[request.key] = stored = self._made(content, *_described(request))
        return Answer(200, headers=self._marks(stored.etag))

    def _made(self, content: Content, metadata: dict[str, str], content_type: str) -> Stored:
        return Stored(
            size=content.size,
            etag=self._etag(content.md5),
            md5s=(content.md5,),
            metadata=metadata if self.policy.metadata else {},
            content_type=content_type,
            blocks=tuple(content.blocks),
        )

    def _get(self, request: Request, content: Content) -> Answer:
        answer = self._head(request, content)
        return Answer(200, b"".join(self.objects[request.key].blocks), answer.headers)

    def _head(self, request: Request, content: Content) -> Answer:
        stored = self.objects.get(request.key)
        if stored is None:
            raise refuse(404, "NoSuchKey")
        named = {f"{_META}{name}": value for name, value in stored.metadata.items()}
        length = {"Content-Length": str(stored.size), "Content-Type": stored.content_type}
        return Answer(200, headers={**self._marks(stored.etag), **length, **named})

    def _delete(self, request: Request, content: Content) -> Answer:
        self.objects.pop(request.key, None)
        return Answer(204)

    def _create(self, request: Request, content: Content) -> Answer:
        self._may_write(request)
        upload_id = f"upload-{next(self._ids)}"
        self.uploads[upload_id] = OpenUpload(request.key, *_described(request))
        return xml(
            "<InitiateMultipartUploadResult>"
            f"<UploadId>{upload_id}</UploadId></InitiateMultipartUploadResult>"
        )

    def _uploadpart(self, request: Request, content: Content) -> Answer:
        self._may_write(request)
        upload = self._upload(request)
        if not 1 <= request.part <= MAX_PARTS:
            raise refuse(400, "InvalidArgument", "part number")
        etag = self._etag(content.md5)
        upload.parts[request.part] = (content, etag)
        return Answer(200, headers=self._marks(etag))

    def _upload(self, request: Request) -> OpenUpload:
        upload = self.uploads.get(request.query["uploadId"])
        if upload is None or upload.key != request.key:
            raise refuse(404, "NoSuchUpload")
        return upload

    def _complete(self, request: Request, content: Content) -> Answer:
        upload_id = request.query["uploadId"]
        if upload_id in self.completed and self.policy.repeated_complete == 200:
            return self._completed(self.completed[upload_id])
        self._may_write(request)
        upload = self._upload(request)
        named = _named_parts(b"".join(content.blocks))
        parts = [self._part(upload, number, etag) for number, etag in named]
        if any(part.size < MIN_PART for part in parts[:-1]):
            raise refuse(400, "EntityTooSmall")
        digest = md5(b"".join(bytes.fromhex(p.md5) for p in parts), usedforsecurity=False)
        etag = f"{self._etag(digest.hexdigest())}-{len(parts)}"
        self.objects[request.key] = Stored(
            size=sum(part.size for part in parts),
            etag=etag,
            md5s=tuple(part.md5 for part in parts),
            metadata=upload.metadata if self.policy.metadata else {},
            content_type=upload.content_type,
            blocks=tuple(chain.from_iterable(part.blocks for part in parts)),
        )
        del self.uploads[upload_id]
        self.completed[upload_id] = etag
        return self._completed(etag)

    def _part(self, upload: OpenUpload, number: int, etag: str) -> Content:
        content, kept = upload.parts.get(number, (None, ""))
        if content is None or kept != etag:
            raise refuse(400, "InvalidPart", str(number))
        return content

    def _completed(self, etag: str) -> Answer:
        return xml(
            f"<CompleteMultipartUploadResult><ETag>&quot;{etag}&quot;</ETag>"
            "</CompleteMultipartUploadResult>",
            **self._encryption(),
        )

    def _abort(self, request: Request, content: Content) -> Answer:
        self._upload(request)
        del self.uploads[request.query["uploadId"]]
        return Answer(204)

    def _listuploads(self, request: Request, content: Content) -> Answer:
        prefix = request.query.get("prefix", "")
        return xml(
            _list("ListMultipartUploadsResult", "Upload", (
                {"Key": upload.key, "UploadId": upload_id}
                for upload_id, upload in sorted(self.uploads.items())
                if upload.key.startswith(prefix)
            ))
        )  # fmt: skip

    def _listparts(self, request: Request, content: Content) -> Answer:
        after = int(request.query.get("part-number-marker") or 0)
        most = int(request.query.get("max-parts") or 1000)
        parts = [(n, *part) for n, part in sorted(self._upload(request).parts.items()) if n > after]
        shown = parts[:most]
        rows = ({"PartNumber": n, "ETag": f'"{etag}"', "Size": c.size} for n, c, etag in shown)
        more = {"IsTruncated": str(len(parts) > most).lower()}
        more["NextPartNumberMarker"] = str(shown[-1][0] if shown else after)
        return xml(_list("ListPartsResult", "Part", rows, **more))

    def _listobjects(self, request: Request, content: Content) -> Answer:
        prefix = request.query.get("prefix", "")
        rows = (
            {"Key": key, "Size": stored.size, "ETag": f'"{stored.etag}"'}
            for key, stored in sorted(self.objects.items())
            if key.startswith(prefix)
        )
        return xml(_list("ListBucketResult", "Contents", rows, IsTruncated="false"))

    def _may_write(self, request: Request) -> None:
        policy = self.policy
        day = f"{self.now():/%Y/%m/%d/}"
        if policy.own_day_only and day not in f"/{request.key}":
            raise refuse(403, "AccessDenied", "not today's prefix")
        if request.headers.get("if-none-match") == "*" and policy.if_none_match != "ignored":
            if policy.if_none_match == "refused":
                raise refuse(501, "NotImplemented", "If-None-Match")
            if request.key in self.objects:
                raise refuse(412, "PreconditionFailed")

    def _etag(self, digest: str) -> str:
        if self.policy.etags == "md5":
            return digest
        other = md5(b"key" + digest.encode(), usedforsecurity=False).hexdigest()
        return f"etag:{other[:20]}" if self.policy.etags == "opaque" else other

    def _encryption(self) -> dict[str, str]:
        return {"x-amz-server-side-encryption": "aws:kms"} if self.policy.etags == "kms" else {}

    def _marks(self, etag: str) -> dict[str, str]:
        return {"ETag": f'"{etag}"', **self._encryption()}


def _described(request: Request) -> tuple[dict[str, str], str]:
    metadata = {
        name.removeprefix(_META): value
        for name, value in request.headers.items()
        if name.startswith(_META)
    }
    return metadata, request.headers.get("content-type", "binary/octet-stream")


def _named_parts(body: bytes) -> list[tuple[int, str]]:
    try:
        root = ET.fromstring(body)
    except ET.ParseError:
        raise refuse(400, "MalformedXML") from None
    found = [
        (int(each.findtext("{*}PartNumber", "0")), each.findtext("{*}ETag", "").strip('"'))
        for each in root.iterfind("{*}Part")
    ]
    if not found:
        raise refuse(400, "MalformedXML")
    numbers = [number for number, _ in found]
    if numbers != sorted(set(numbers)):
        raise refuse(400, "InvalidPartOrder")
    return found


def _list(name: str, row: str, rows: Iterable[dict[str, object]], **more: str) -> str:
    listed = "".join(f"<{row}>{_fields(each)}</{row}>" for each in rows)
    return f"<{name}>{_fields(more)}{listed}</{name}>"


def _fields(values: dict[str, object] | dict[str, str]) -> str:
    return "".join(f"<{n}>{escape(str(v))}</{n}>" for n, v in values.items())
