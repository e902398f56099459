"""Success is said only of the right bytes, whatever storage and wire do.

The bytes are changed between our checksum and the signature, so that the storage finds nothing
wrong with them: the fault that no other engine we know of notices.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from jupyter_openeo_artifacts.s3.exceptions import ContentMismatch, StorageRefused
from tests.limits import AT_MOST
from tests.transfer.seaweed import BUCKET, PART
from tests.transfer.uploading import ON_BOTH

if TYPE_CHECKING:
    from tests.transfer.uploading import Rig

pytestmark = ON_BOTH


def flip_bodies(rig: Rig, operation: str, times: int) -> list[int]:
    """Change a byte of the next `times` bodies; return what counts them."""
    done: list[int] = []

    def flip(params, **_) -> None:
        if len(done) < times:
            content = bytearray(params["Body"].read())
            content[len(content) // 2] ^= 1
            params["Body"] = bytes(content)
            done.append(1)

    rig.client.meta.events.register(f"provide-client-params.s3.{operation}", flip)
    return done


@pytest.mark.parametrize(("size", "operation"), [(1000, "PutObject"), (2 * PART, "UploadPart")])
def test_what_was_stored_damaged_is_sent_again(rig, size, operation) -> None:
    # Given
    path = rig.file(size)
    flipped = flip_bodies(rig, operation, times=2)
    # When
    stored = rig.upload(path).future.result(AT_MOST)
    # Then
    assert len(flipped) == 2
    assert stored.verified == "etag"
    assert rig.storage.content(rig.key) == path.read_bytes()


@pytest.mark.parametrize(("size", "operation"), [(1000, "PutObject"), (2 * PART, "UploadPart")])
def test_what_is_always_stored_damaged_is_an_error(rig, size, operation) -> None:
    # Given
    flip_bodies(rig, operation, times=99)
    # When
    error = rig.upload(rig.file(size)).error()
    # Then
    assert isinstance(error, ContentMismatch)
    assert (error.code, error.who) == ("content_mismatch", "provider")
    assert rig.storage.leftovers(rig.key) == []


def test_a_complete_that_loses_a_part_is_an_error(rig) -> None:
    # Given
    def drop_last(params, **_) -> None:
        params["MultipartUpload"]["Parts"].pop()

    rig.client.meta.events.register("provide-client-params.s3.CompleteMultipartUpload", drop_last)
    # When
    error = rig.upload(rig.file(2 * PART)).error()
    # Then: Ceph refuses what leaves out a part
    assert isinstance(error, ContentMismatch | StorageRefused)
    assert rig.storage.leftovers(rig.key) == []


def test_a_part_replaced_behind_our_back_is_an_error(rig) -> None:
    # Given
    def replace_part(params, **_) -> None:
        where = {name: params[name] for name in ("Bucket", "Key", "UploadId")}
        other = rig.storage.client.upload_part(**where, PartNumber=2, Body=bytes(PART))
        params["MultipartUpload"]["Parts"][1]["ETag"] = other["ETag"]

    rig.client.meta.events.register(
        "provide-client-params.s3.CompleteMultipartUpload", replace_part
    )
    # When
    error = rig.upload(rig.file(2 * PART)).error()
    # Then
    assert isinstance(error, ContentMismatch)
    assert rig.storage.leftovers(rig.key) == []


def test_an_object_of_somebody_else_is_not_taken_for_ours(rig) -> None:
    # Given: somebody overwrites it at once
    def overwrite(**_) -> None:
        rig.storage.client.put_object(Bucket=BUCKET, Key=rig.key, Body=b"theirs")

    rig.client.meta.events.register("after-call.s3.CompleteMultipartUpload", overwrite)
    # When
    error = rig.upload(rig.file(2 * PART)).error()
    # Then
    assert isinstance(error, ContentMismatch)
    assert rig.storage.content(rig.key) == b"theirs"


def without_etag(parsed, **_) -> None:
    """Answer as Ceph 16 does to Complete."""
    parsed["ETag"] = ""


def test_where_complete_answers_no_etag_the_object_is_looked_at(rig) -> None:
    # Given
    rig.client.meta.events.register("after-call.s3.CompleteMultipartUpload", without_etag)
    path = rig.file(2 * PART)
    # When
    stored = rig.upload(path).future.result(AT_MOST)
    # Then
    assert stored.verified == "etag"
    assert f'"{stored.etag}"' == rig.storage.client.head_object(Bucket=BUCKET, Key=rig.key)["ETag"]
    assert rig.storage.content(rig.key) == path.read_bytes()


def test_where_complete_answers_no_etag_damage_is_seen_at_once(rig) -> None:
    # Given
    def overwrite(**_) -> None:
        rig.storage.client.put_object(Bucket=BUCKET, Key=rig.key, Body=b"theirs")

    for handler in (overwrite, without_etag):
        rig.client.meta.events.register("after-call.s3.CompleteMultipartUpload", handler)
    # When
    begun = time.monotonic()
    error = rig.upload(rig.file(2 * PART)).error()
    # Then
    assert isinstance(error, ContentMismatch)
    assert time.monotonic() - begun < AT_MOST
    assert rig.line.count(rb"POST .*uploadId=") == 1


def encrypted(parsed, **_) -> None:
    """Answer as with SSE-KMS, for which SeaweedFS has no keys here."""
    parsed["ServerSideEncryption"] = "aws:kms"


def test_an_object_of_the_same_size_is_not_taken_for_ours(rig) -> None:
    # Given: nothing but our mark tells them apart
    theirs = bytes(2 * PART)

    def overwrite(**_) -> None:
        rig.storage.client.put_object(Bucket=BUCKET, Key=rig.key, Body=theirs)

    rig.client.meta.events.register("after-call.s3.CompleteMultipartUpload", overwrite)
    rig.client.meta.events.register("after-call.s3", encrypted)
    # A mark of another upload, and none at all
    for metadata in ({"openeo-artifacts-upload": "0" * 32}, {}):
        rig.storage.client.delete_object(Bucket=BUCKET, Key=rig.key)
        kept = {"Metadata": metadata}

        def marked(params, kept=kept, **_) -> None:
            params.update(kept)

        rig.storage.client.meta.events.register_first(
            "provide-client-params.s3.PutObject", marked, unique_id="mark"
        )
        # When
        try:
            error = rig.upload(rig.file(2 * PART)).error()
        finally:
            rig.storage.client.meta.events.unregister(
                "provide-client-params.s3.PutObject", unique_id="mark"
            )
        # Then
        assert isinstance(error, ContentMismatch)
        assert rig.storage.content(rig.key) == theirs


@pytest.mark.parametrize("size", [1000, 2 * PART])
def test_where_etags_are_no_md5s_the_size_decides_and_that_is_said(rig, size) -> None:
    # Given
    rig.client.meta.events.register("after-call.s3", encrypted)
    path = rig.file(size)
    # When
    stored = rig.upload(path).future.result(AT_MOST)
    # Then
    assert stored.verified == "size"
    assert rig.storage.content(rig.key) == path.read_bytes()


def test_an_object_carries_our_mark_and_no_secret(rig) -> None:
    rig.upload(rig.file(10)).future.result(AT_MOST)
    kept = rig.storage.client.head_object(Bucket=BUCKET, Key=rig.key)["Metadata"]
    assert kept["origin"] == "test"
    assert len(kept["openeo-artifacts-upload"]) == 32
