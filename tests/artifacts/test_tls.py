"""The artifact helper over https, on SeaweedFS and on Ceph.

Only there does boto3 send checksums as trailers, which not every storage takes.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import openeo
import pytest
import requests

from jupyter_openeo_artifacts import S3STSConfig, build_artifact_helper
from jupyter_openeo_artifacts.artifacts.exceptions import StorageLoginUnreachable
from jupyter_openeo_artifacts.demo.ports import free_ports
from jupyter_openeo_artifacts.errors import OpenEOArtifactsError
from jupyter_openeo_artifacts.s3.exceptions import StorageRefused
from jupyter_openeo_artifacts.transfer.config import TransferConfig
from tests.limits import AT_MOST
from tests.servers.ceph import ON_CEPH
from tests.servers.certificates import make_certificates
from tests.servers.provider import sign_token
from tests.servers.seaweed_tls import seaweed_by_https

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from jupyter_openeo_artifacts.artifacts.helper import S3STSArtifactHelper
    from jupyter_openeo_artifacts.demo import LocalProvider
    from tests.servers.ceph import CephProvider

PART = TransferConfig().part_size
BOTH = pytest.mark.parametrize("storage", ["seaweed", pytest.param("ceph", marks=ON_CEPH)])
TRUST = ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE")


@dataclass(frozen=True)
class Encrypted:
    """A provider whose storage is at an https address."""

    provider: LocalProvider
    backend: str
    entry: str
    authority: Path

    def helper(self, config: S3STSConfig | None = None) -> S3STSArtifactHelper:
        """Build Alice's."""
        connection = openeo.connect(self.backend)
        connection.authenticate_oidc_access_token(sign_token(self.provider))
        return build_artifact_helper(connection, config, provider=self.entry)


@pytest.fixture(scope="module")
def seaweed(
    provider: LocalProvider, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Encrypted]:
    certificates = make_certificates(tmp_path_factory.mktemp("tls"))
    with seaweed_by_https(provider, certificates) as backend:
        yield Encrypted(provider, backend, "s3", certificates.authority)


@pytest.fixture
def encrypted(
    request: pytest.FixtureRequest, storage: str, monkeypatch: pytest.MonkeyPatch
) -> Encrypted:
    """A provider that nobody trusts yet."""
    for name in TRUST:
        monkeypatch.delenv(name, raising=False)
    if storage == "seaweed":
        return request.getfixturevalue("seaweed")
    ceph: CephProvider = request.getfixturevalue("ceph")
    return Encrypted(ceph.signing_in, ceph.backend, "alice-tls", ceph.authority)


@pytest.fixture
def trusted(encrypted: Encrypted, monkeypatch: pytest.MonkeyPatch) -> Encrypted:
    """A provider whose certificate authority this process trusts."""
    monkeypatch.setenv(TRUST[0], str(encrypted.authority))
    return encrypted


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "field.tif"
    path.write_bytes(secrets.token_bytes(2 * PART + 1))
    return path


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def sent_headers(helper: S3STSArtifactHelper) -> list[dict[str, str]]:
    """Collect the headers of all requests that carry content, from now on."""
    seen: list[dict[str, str]] = []

    def text(value: str | bytes) -> str:
        return value.decode() if isinstance(value, bytes) else value

    def note(request, **_) -> None:
        if request.method == "PUT":
            seen.append({name.lower(): text(value) for name, value in request.headers.items()})

    helper.client.meta.events.register_last("before-send.s3", note)
    return seen


@BOTH
@pytest.mark.parametrize("variable", TRUST)
def test_a_file_goes_up_and_comes_back(
    encrypted: Encrypted, file: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    # Given
    monkeypatch.setenv(variable, str(encrypted.authority))
    helper = encrypted.helper()
    small = file.with_name("small.txt")
    small.write_bytes(b"small")
    headers = sent_headers(helper)
    # When
    uris = [helper.upload_file(path) for path in (small, file)]
    # Then
    assert len(headers) == 1 + 3
    assert not any("x-amz-trailer" in each for each in headers)
    for uri, path in zip(uris, (small, file), strict=True):
        url = helper.sign(uri, 60).url
        assert url.startswith("https://")
        content = requests.get(url, verify=str(encrypted.authority), timeout=10).content
        assert sha256(content) == sha256(path.read_bytes())


@pytest.mark.parametrize("storage", ["seaweed"])
def test_a_storage_that_takes_trailers_gets_them_when_it_says_so(
    trusted: Encrypted, file: Path
) -> None:
    # Given
    helper = trusted.helper(S3STSConfig(feature_flags={"checksum-via-trailers": True}))
    headers = sent_headers(helper)
    # When
    uri = helper.upload_file(file)
    # Then
    assert len(headers) == 3
    assert all(each["x-amz-trailer"].startswith("x-amz-checksum-") for each in headers)
    answer = requests.get(helper.sign(uri, 60).url, verify=str(trusted.authority), timeout=10)
    assert sha256(answer.content) == sha256(file.read_bytes())


@pytest.mark.parametrize("storage", [pytest.param("ceph", marks=ON_CEPH)])
@pytest.mark.parametrize("size", [5, 2 * PART])
def test_a_storage_that_takes_no_trailers_says_so_at_once(
    trusted: Encrypted, ceph: CephProvider, tmp_path: Path, size: int
) -> None:
    # Given: a backend, or a user, who says that Ceph takes trailers
    if ceph.release > 16:
        pytest.skip(f"of Ceph 16, and this is Ceph {ceph.release}")
    helper = trusted.helper(S3STSConfig(feature_flags={"checksum-via-trailers": True}))
    (tmp_path / "field.tif").write_bytes(secrets.token_bytes(size))
    begun = time.monotonic()
    # When
    with pytest.raises(StorageRefused, match="MissingContentLength") as caught:
        helper.upload_file(tmp_path / "field.tif")
    # Then
    assert time.monotonic() - begun < AT_MOST
    assert "checksum-via-trailers" in caught.value.todo
    assert caught.value.who == "provider"
    uploads = ceph.administrator().list_multipart_uploads(Bucket=ceph.bucket)
    assert not uploads.get("Uploads")


@BOTH
def test_an_untrusted_certificate_is_said_at_once(encrypted: Encrypted) -> None:
    # Given: nobody said to trust that authority
    begun = time.monotonic()
    # When
    with pytest.raises(OpenEOArtifactsError) as caught:
        encrypted.helper()
    # Then
    assert time.monotonic() - begun < AT_MOST
    assert caught.value.code == "storage_untrusted"
    assert "certificate" in str(caught.value)
    assert caught.value.todo


@BOTH
def test_an_untrusted_certificate_of_the_storage_is_said_at_once(
    trusted: Encrypted, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given: a session that was got while it was trusted
    helper = trusted.helper()
    monkeypatch.delenv(TRUST[0])
    begun = time.monotonic()
    # When
    with pytest.raises(OpenEOArtifactsError) as caught:
        helper.upload_file(file)
    # Then
    assert time.monotonic() - begun < AT_MOST
    assert caught.value.code == "storage_untrusted"


@pytest.mark.parametrize("storage", ["seaweed"])
def test_a_proxy_that_is_not_there_is_said(
    trusted: Encrypted, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given
    for name in ("NO_PROXY", "no_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    [port] = free_ports(1)
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")
    # When / Then
    with pytest.raises(StorageLoginUnreachable, match="does not answer"):
        trusted.helper()
