"""The same file is not sent twice a day, and nothing else is ever taken for it."""

from __future__ import annotations

import hashlib
import inspect
import io
import secrets
import threading
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ConnectionClosedError
from openeo.extra.artifacts._artifact_helper_abc import ArtifactHelperABC

from jupyter_openeo_artifacts.artifacts.deduplication import RecentUploads
from jupyter_openeo_artifacts.artifacts.uri import todays_folder
from jupyter_openeo_artifacts.concurrency.cancellation import CancelToken
from jupyter_openeo_artifacts.errors import Cancelled
from jupyter_openeo_artifacts.sources.exceptions import SourceChanged
from jupyter_openeo_artifacts.sources.source import FileSource
from tests.limits import AT_MOST
from tests.servers.provider import s3_client
from tests.support.uploads import Observer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from jupyter_openeo_artifacts.artifacts.helper import S3STSArtifactHelper, UploadResult
    from jupyter_openeo_artifacts.demo.provider import LocalProvider
    from jupyter_openeo_artifacts.state.staged_record import Verified

MIB = 1 << 20


@dataclass(frozen=True)
class Known:
    """What a caller says was stored before, of whatever form."""

    uri: str
    size: int
    sha256: str
    verified: Verified = "etag"


def known_as(stored: UploadResult) -> Known:
    return Known(str(stored.uri), stored.size, stored.sha256)


def upload(helper: S3STSArtifactHelper, path: Path, *known: Known, **more: Any) -> UploadResult:
    with closing(FileSource.from_path(path)) as source:
        return helper.upload(source, more.pop("name", path.name), known=known, **more)


@contextmanager
def on_head(helper: S3STSArtifactHelper, act: Callable[[Any], Any]) -> Iterator[list[str]]:
    """Have `act` answer each HEAD in the storage's place; yields the paths that were asked for."""
    asked: list[str] = []

    def before_send(request: Any, **_: Any) -> Any:
        asked.append(request.url)
        return act(request)

    events = helper.client.meta.events
    events.register("before-send.s3.HeadObject", before_send)
    try:
        yield asked
    finally:
        events.unregister("before-send.s3.HeadObject", before_send)


def test_the_drop_in_call_reuses_what_it_stored(helper: S3STSArtifactHelper, file: Path) -> None:
    # Given
    first = helper.upload_file(file)
    # When / Then
    assert helper.upload_file(str(file)) == first
    assert helper.upload_file(file, reuse=False) != first
    assert helper.upload_file(file, "other.parquet") != first
    file.write_bytes(secrets.token_bytes(100_000))
    assert helper.upload_file(file) != first


def test_the_drop_in_call_is_still_upstreams() -> None:
    # Given
    from jupyter_openeo_artifacts.artifacts.helper import S3STSArtifactHelper

    def told(method: Any) -> list[tuple[str, Any]]:
        given = inspect.signature(method).parameters.values()
        return [(each.name, each.default) for each in given if each.kind is not each.KEYWORD_ONLY]

    # When / Then
    assert told(S3STSArtifactHelper.upload_file) == told(ArtifactHelperABC.upload_file)


def test_the_memory_has_an_end_and_knows_the_newest_first() -> None:
    # Given
    memory = RecentUploads()
    # When
    for number in range(1000):
        memory.add(Known(f"s3://b/{number}/x", 1, ""))
        memory.add(Known(f"s3://b/{number}/y", 1, ""))
    # Then
    assert [known.uri for known in memory.named("x")[:2]] == ["s3://b/999/x", "s3://b/998/x"]
    assert len(memory.named("x")) < 500


@pytest.mark.parametrize("size", [0, 1, 100_000, 8 * MIB, 8 * MIB + 1, 20 * MIB])
def test_nothing_is_sent_for_what_is_there(
    helper: S3STSArtifactHelper, tmp_path: Path, size: int
) -> None:
    # Given
    path = tmp_path / "file.bin"
    path.write_bytes(secrets.token_bytes(size))
    first = upload(helper, path)
    told: list[int] = []
    # When
    with on_head(helper, lambda _: None) as asked:
        second = upload(helper, path, known_as(first), observer=Observer(told.append))
    # Then
    assert second.reused
    assert (second.uri, second.size, second.sha256) == (first.uri, size, first.sha256)
    assert second.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert not first.reused
    assert told == []
    assert len(asked) == 1


def test_a_name_with_folders_is_a_name(helper: S3STSArtifactHelper, file: Path) -> None:
    first = upload(helper, file, name="run 1/fields.parquet")
    assert upload(helper, file, known_as(first), name="run 1/fields.parquet").reused
    assert not upload(helper, file, known_as(first), name="fields.parquet").reused


def test_what_is_not_the_same_file_is_stored(
    helper: S3STSArtifactHelper, provider: LocalProvider, file: Path, tmp_path: Path
) -> None:
    # Given
    first = upload(helper, file)
    known = known_as(first)
    alice, bob = provider.users["alice"], provider.users["bob"]
    theirs = known.uri.replace(alice.prefix, bob.prefix)
    (tmp_path / "other").write_bytes(secrets.token_bytes(100_000))
    # When / Then
    assert not upload(helper, tmp_path / "other", known, name=file.name).reused, "other content"
    assert not upload(helper, file, known, content_type="text/plain").reused, "another type"
    for wrong in (
        theirs,
        known.uri.replace(f"s3://{provider.bucket}/", "s3://elsewhere/"),
        known.uri.replace("/fields", "/sub/fields"),
        known.uri.replace("/fields", f"{'x' * 1100}/fields"),  # longer than a key may be
        "s3://",
        "nonsense",
        "",
    ):
        assert wrong != known.uri
        assert not upload(helper, file, Known(wrong, known.size, known.sha256)).reused, wrong


def test_only_what_was_stored_today_counts(
    helper: S3STSArtifactHelper, provider: LocalProvider, file: Path
) -> None:
    # Given: the very same object, of yesterday
    first = upload(helper, file)
    subject = provider.users["alice"].subject
    today = todays_folder(subject)
    yesterday = todays_folder(subject, datetime.now(timezone.utc) - timedelta(days=1))
    key = first.uri.key.replace(today, yesterday)
    assert key != first.uri.key
    s3_client(provider).put_object(
        Bucket=provider.bucket, Key=key, Body=file.read_bytes(), ContentType=first.content_type
    )
    # When / Then
    old = Known(f"s3://{provider.bucket}/{key}", first.size, first.sha256)
    assert not upload(helper, file, old).reused


def test_what_was_deleted_or_replaced_meanwhile_is_stored_again(
    helper: S3STSArtifactHelper, provider: LocalProvider, file: Path
) -> None:
    # Given
    first = upload(helper, file)
    client, bucket, key = s3_client(provider), provider.bucket, first.uri.key
    kind = first.content_type
    # When / Then: other bytes of the same number lie at its key
    client.put_object(Bucket=bucket, Key=key, Body=bytes(100_000), ContentType=kind)
    assert not upload(helper, file, known_as(first)).reused
    # When / Then: fewer bytes
    client.put_object(Bucket=bucket, Key=key, Body=b"x", ContentType=kind)
    assert not upload(helper, file, known_as(first)).reused
    # When / Then: nothing
    client.delete_object(Bucket=bucket, Key=key)
    again = upload(helper, file, known_as(first))
    assert not again.reused
    assert again.uri != first.uri


def test_where_etags_are_no_md5s_size_and_our_own_hash_decide(
    helper: S3STSArtifactHelper, provider: LocalProvider, file: Path
) -> None:
    # Given: storage that encrypts by KMS
    def encrypt(parsed: dict[str, Any], **_: Any) -> None:
        parsed["ETag"] = '"opaque"'

    helper.client.meta.events.register("after-call.s3.HeadObject", encrypt)
    first = upload(helper, file)
    # When / Then
    assert upload(helper, file, known_as(first)).reused
    file.write_bytes(secrets.token_bytes(100_000))
    assert not upload(helper, file, known_as(first)).reused, "other content"
    second = upload(helper, file)
    s3_client(provider).put_object(
        Bucket=provider.bucket, Key=second.uri.key, Body=b"x", ContentType=second.content_type
    )
    assert not upload(helper, file, known_as(second)).reused, "fewer bytes in storage"


def fail(_: Any) -> None:
    raise ConnectionClosedError(endpoint_url="http://storage")


def answering(status: int) -> Callable[[Any], AWSResponse]:
    class Raw(io.BytesIO):
        def stream(self, **_: Any) -> Iterator[bytes]:
            yield b""

    return lambda request: AWSResponse(request.url, status, {}, Raw())  # type: ignore[arg-type]


@pytest.mark.parametrize("answer", [fail, answering(403), answering(500), answering(503)])
def test_where_storage_cannot_be_asked_the_file_is_sent(
    helper: S3STSArtifactHelper, file: Path, answer: Callable[[Any], Any]
) -> None:
    # Given
    first = upload(helper, file)
    # When
    with on_head(helper, answer) as asked:
        second = upload(helper, file, known_as(first))
    # Then
    assert asked
    assert not second.reused
    assert second.uri != first.uri


def test_a_file_that_changes_while_it_is_compared_is_refused(
    helper: S3STSArtifactHelper, tmp_path: Path
) -> None:
    # Given
    path = tmp_path / "compared.bin"
    path.write_bytes(secrets.token_bytes(20 * MIB))
    first = upload(helper, path)
    source = FileSource.from_path(path)
    read = source.read_into

    def read_and_spoil(*given: Any) -> int:
        got = read(*given)
        with path.open("r+b") as opened:
            opened.write(secrets.token_bytes(8))
        return got

    source.read_into = read_and_spoil  # type: ignore[method-assign]
    # When / Then
    with closing(source), pytest.raises(SourceChanged, match=r"compared\.bin"):
        helper.upload(source, path.name, known=[known_as(first)])


@pytest.mark.parametrize("what", ["disk", "storage"])
def test_a_cancel_does_not_wait_for_a_disk_or_storage_that_hangs(
    helper: S3STSArtifactHelper, file: Path, what: str
) -> None:
    # Given
    first = upload(helper, file)
    hanging, release, cancel = threading.Event(), threading.Event(), CancelToken()

    def hang(*_: Any) -> Any:
        hanging.set()
        release.wait(10 * AT_MOST)

    source = FileSource.from_path(file)
    if what == "disk":
        source.read_into = hang  # type: ignore[method-assign]
    outcome: list[BaseException] = []

    def work() -> None:
        try:
            helper.upload(source, file.name, known=[known_as(first)], cancel=cancel)
        except BaseException as error:  # noqa: BLE001  the test looks at it
            outcome.append(error)

    with on_head(helper, hang):
        thread = threading.Thread(target=work)
        thread.start()
        assert hanging.wait(AT_MOST)
        # When
        cancel.cancel()
        thread.join(AT_MOST)
        ended = not thread.is_alive()  # while what it waited for still hangs
        release.set()
    # Then
    assert [type(error) for error in outcome] == [Cancelled]
    assert ended
    source.close()


def test_what_is_not_known_is_not_read_first(helper: S3STSArtifactHelper, file: Path) -> None:
    # Given: of another size
    first = upload(helper, file)
    other = Known(str(first.uri), first.size + 1, first.sha256)
    reads: list[int] = []
    source = FileSource.from_path(file)
    read = source.read_into

    def counted(buffer: memoryview, offset: int, cancel: CancelToken | None = None) -> int:
        reads.append(offset)
        return read(buffer, offset, cancel)

    source.read_into = counted  # type: ignore[method-assign]
    # When
    with closing(source):
        helper.upload(source, file.name, known=[other])
    # Then
    assert reads == [0], "once, to be sent"


def test_what_has_no_sha256_is_compared_with_nothing(
    helper: S3STSArtifactHelper, file: Path
) -> None:
    # Given
    class Counted(FileSource):
        reads = 0

        def read_into(self, *given: Any) -> int:
            Counted.reads += 1
            return super().read_into(*given)

    first = upload(helper, file)
    unknown = Known(str(first.uri), first.size, "")
    # When
    with closing(Counted.from_path(file)) as source:
        again = helper.upload(source, file.name, known=[unknown])
    # Then
    assert (again.reused, Counted.reads) == (False, 1)


def test_bytes_that_are_no_longer_here_are_not_compared(
    helper: S3STSArtifactHelper, file: Path
) -> None:
    # Given
    class PartlyGone(FileSource):
        reclaimed_bytes = 1

    first = upload(helper, file)
    # When
    with closing(PartlyGone.from_path(file)) as source, on_head(helper, lambda _: None) as asked:
        again = helper.upload(source, file.name, known=[known_as(first)])
    # Then
    assert not again.reused
    assert asked == []
