"""Proxies and certificate authorities are the person's, all else is the backend's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import openeo
import pytest

from jupyter_openeo_artifacts import build_artifact_helper
from tests.servers.certificates import make_certificates
from tests.servers.forward_proxy import forward_proxy
from tests.servers.provider import connected, sign_token
from tests.servers.seaweed_tls import seaweed_by_https

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from jupyter_openeo_artifacts.artifacts.helper import S3STSArtifactHelper
    from jupyter_openeo_artifacts.demo.provider import LocalProvider
    from tests.servers.certificates import Certificates
    from tests.servers.forward_proxy import ForwardProxy

TRUST = ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE")
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


@pytest.fixture
def proxy() -> Iterator[ForwardProxy]:
    with forward_proxy() as running:
        yield running


@pytest.fixture(autouse=True)
def nothing_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*TRUST, *PROXIES, *(each.lower() for each in PROXIES)):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def by_https(provider: LocalProvider, certificates: Certificates) -> Iterator[str]:
    with seaweed_by_https(provider, certificates) as backend:
        yield backend


def host_of(address: str) -> str:
    return address.partition("://")[2]


def signed_in(provider: LocalProvider, backend: str) -> S3STSArtifactHelper:
    connection = openeo.connect(backend)
    connection.authenticate_oidc_access_token(sign_token(provider))
    return build_artifact_helper(connection)


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy"])
def test_http_goes_by_the_proxy(
    provider: LocalProvider,
    proxy: ForwardProxy,
    file: Path,
    monkeypatch: pytest.MonkeyPatch,
    variable: str,
) -> None:
    # Given
    connection = connected(provider)
    monkeypatch.setenv(variable, proxy.url)
    # When
    helper = build_artifact_helper(connection)
    storage = host_of(provider.s3)
    # Then: the STS, the storage, and whoever tries a link
    assert storage in proxy.hosts("POST")
    uri = helper.upload_file(file)
    assert storage in proxy.hosts("PUT")
    before = proxy.asked.count(("GET", storage))
    assert helper.verify(uri).get
    assert proxy.asked.count(("GET", storage)) == before + 2


def test_a_host_that_needs_no_proxy_is_asked_directly(
    provider: LocalProvider, proxy: ForwardProxy, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", proxy.url)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    helper = build_artifact_helper(connected(provider))
    assert helper.verify(helper.upload_file(file)).get
    assert proxy.asked == []


@pytest.mark.parametrize("bundle", TRUST)
def test_https_goes_by_the_proxy_and_the_authority(
    provider: LocalProvider,
    by_https: str,
    certificates: Certificates,
    proxy: ForwardProxy,
    *,
    file: Path,
    monkeypatch: pytest.MonkeyPatch,
    bundle: str,
) -> None:
    # Given
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    monkeypatch.setenv(bundle, str(certificates.authority))
    # When
    helper = signed_in(provider, by_https)
    # Then: the STS, the storage, and whoever tries a link, each by a connection of its own
    storage = host_of(helper.config.s3_endpoint)
    assert proxy.asked.count(("CONNECT", storage)) == 1
    uri = helper.upload_file(file)
    assert proxy.asked.count(("CONNECT", storage)) == 2
    found = helper.verify(uri)
    assert (found.get, found.range) == (True, True)
    assert proxy.asked.count(("CONNECT", storage)) > 2
    assert helper.download(uri, file.with_name("back.bin")).read_bytes() == file.read_bytes()


def test_a_link_of_a_storage_that_is_not_trusted_is_told(
    provider: LocalProvider,
    by_https: str,
    certificates: Certificates,
    file: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Given: the authority is trusted until the storage was asked
    monkeypatch.setenv("AWS_CA_BUNDLE", str(certificates.authority))
    helper = signed_in(provider, by_https)
    uri = helper.upload_file(file)
    monkeypatch.delenv("AWS_CA_BUNDLE")
    # When
    found = helper.verify(uri)
    # Then
    assert (found.there, found.get) == (True, False)
    assert any("does not trust the certificate" in note for note in found.notes)


def test_aws_settings_have_no_say_in_what_is_done_with_what_is_stored(
    provider: LocalProvider, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given: an authority, an endpoint and a profile for another storage, in files and variables
    config = tmp_path / "config"
    config.write_text(
        "[default]\nregion = mars-1\nca_bundle = /nowhere.pem\nendpoint_url = http://127.0.0.1:9\n"
        "ignore_configured_endpoint_urls = false\n[profile other]\nregion = venus-1\n"
    )
    keys = tmp_path / "credentials"
    keys.write_text("[default]\naws_access_key_id = AKIAWRONG\naws_secret_access_key = wrong\n")
    for name, value in {
        "AWS_CONFIG_FILE": str(config),
        "AWS_SHARED_CREDENTIALS_FILE": str(keys),
        "AWS_PROFILE": "other",
        "AWS_DEFAULT_PROFILE": "other",
        "AWS_ACCESS_KEY_ID": "AKIAWRONG",
        "AWS_SECRET_ACCESS_KEY": "wrong",
        "AWS_SESSION_TOKEN": "wrong",
        "AWS_REGION": "mars-1",
        "AWS_DEFAULT_REGION": "mars-1",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
        "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:9",
        "AWS_ENDPOINT_URL_STS": "http://127.0.0.1:9",
        "AWS_ROLE_ARN": "arn:aws:iam::1:role/wrong",
        "AWS_WEB_IDENTITY_TOKEN_FILE": str(keys),
    }.items():
        monkeypatch.setenv(name, value)
    # When
    helper = build_artifact_helper(connected(provider))
    uri = helper.upload_file(file)
    # Then
    assert helper.verify(uri).get
    assert uri in {each.uri for each in helper.list()}
    assert helper.download(uri, tmp_path / "back.bin").read_bytes() == file.read_bytes()
    helper.delete(uri)
