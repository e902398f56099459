"""What is at a key is left alone, even where two uploads come to the same one."""

from __future__ import annotations

import os
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest

from jupyter_openeo_artifacts import build_artifact_helper
from jupyter_openeo_artifacts.artifacts import uploader as storing
from jupyter_openeo_artifacts.artifacts.uri import artifact_key
from jupyter_openeo_artifacts.s3.exceptions import KeyTaken
from jupyter_openeo_artifacts.s3.server_clock import ServerClock
from jupyter_openeo_artifacts.sources.source import FileSource
from jupyter_openeo_artifacts.transfer.upload import upload_object
from tests.faults.answer import refusal
from tests.faults.clients import credentials_of, our_client
from tests.faults.effects import Fault, Say
from tests.faults.policy import Policy
from tests.faults.stub import BUCKET, Stub
from tests.servers.provider import connected

if TYPE_CHECKING:
    from pathlib import Path

    from jupyter_openeo_artifacts.demo.provider import LocalProvider

SIZES = pytest.mark.parametrize("size", [0, 1000, 9 * 1024**2], ids=["empty", "put", "multipart"])


def read(provider: LocalProvider, uri: Any) -> str:
    stored = provider.storage.administrator().get_object(Bucket=uri.bucket, Key=uri.key)
    return sha256(stored["Body"].read()).hexdigest()


def two_files(folder: Path, size: int) -> tuple[Path, Path]:
    first, second = folder / "first.bin", folder / "second.bin"
    first.write_bytes(os.urandom(size + 1))
    second.write_bytes(os.urandom(size))
    return first, second


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The first key is made anew when none of these is left."""
    given: list[str] = []

    def made(subject: str, name: str, now: Any) -> str:
        return given.pop(0) if given else artifact_key(subject, name, now)

    monkeypatch.setattr(storing, "artifact_key", made)
    return given


@SIZES
def test_the_second_one_gets_another_key(
    provider: LocalProvider, tmp_path: Path, keys: list[str], size: int
) -> None:
    # Given
    helper = build_artifact_helper(connected(provider))
    first, second = two_files(tmp_path, size)
    there = helper.upload_file(first, "x.bin")
    keys.append(there.key)
    # When
    other = helper.upload_file(second, "x.bin")
    # Then
    assert other != there
    assert read(provider, there) == sha256(first.read_bytes()).hexdigest()
    assert read(provider, other) == sha256(second.read_bytes()).hexdigest()
    listed = provider.storage.administrator().list_multipart_uploads(Bucket=provider.bucket)
    assert there.key not in [each["Key"] for each in listed.get("Uploads", [])]


@SIZES
def test_it_is_said_where_no_key_is_free(
    provider: LocalProvider, tmp_path: Path, keys: list[str], size: int
) -> None:
    # Given
    helper = build_artifact_helper(connected(provider))
    first, second = two_files(tmp_path, size)
    there = helper.upload_file(first, "x.bin")
    keys += [there.key] * 2
    # When
    with pytest.raises(KeyTaken, match="something else is there already"):
        helper.upload_file(second, "x.bin")
    # Then
    assert read(provider, there) == sha256(first.read_bytes()).hexdigest()


@pytest.mark.parametrize(
    ("status", "code", "asked_again"),
    [(400, "InvalidRequest", True), (501, "NotImplemented", False)],
)
def test_only_a_storage_that_says_it_cannot_is_not_asked_again(
    tmp_path: Path, status: int, code: str, *, asked_again: bool
) -> None:
    # Given: a refusal that may have been about something else, and one that was about this
    file, clock, asked = tmp_path / "x.bin", ServerClock(), []
    file.write_bytes(b"content")
    with Stub(Policy()) as stub:
        stub.add(Fault("Put", Say(refusal(status, code))))
        client = our_client(stub, credentials_of(stub, clock), clock)
        client.meta.events.register(
            "before-send.s3.PutObject",
            lambda request, **_: asked.append("If-None-Match" in request.headers),
        )
        # When
        for key in ("me/1/x.bin", "me/2/x.bin"):
            upload_object(
                client,
                bucket=BUCKET,
                key=key,
                source=FileSource.from_path(file),
                content_type="a/b",
            )
        # Then
        assert set(stub.objects.objects) == {"me/1/x.bin", "me/2/x.bin"}
    assert asked == [True, False, asked_again]
