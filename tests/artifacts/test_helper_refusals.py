"""What a helper refuses, or is refused, and how that is told."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import openeo
import pytest
from openeo.extra.artifacts import exceptions as upstream

from jupyter_openeo_artifacts import OpenEOArtifactsError, S3STSConfig, build_artifact_helper
from jupyter_openeo_artifacts.artifacts.exceptions import (
    ArtifactNameInvalid,
    NoUsableLogin,
)
from jupyter_openeo_artifacts.s3.exceptions import StorageDenied, StorageError
from tests.limits import AT_MOST
from tests.servers.provider import (
    connected,
    other_backend,
    sign_token,
)

if TYPE_CHECKING:
    from pathlib import Path

    from jupyter_openeo_artifacts.artifacts.helper import S3STSArtifactHelper
    from jupyter_openeo_artifacts.demo.provider import LocalProvider


@pytest.mark.parametrize("wrong", ["../x", "a\nb", "/etc/passwd", "x" * 300])
def test_a_bad_name_is_refused_before_anything_is_sent(
    helper: S3STSArtifactHelper, file: Path, wrong: str
) -> None:
    with pytest.raises(ArtifactNameInvalid):
        helper.upload_file(file, wrong)


def test_what_cannot_be_read_raises_the_built_in_errors(
    helper: S3STSArtifactHelper, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "here.txt").write_text("x")
    assert helper.upload_file("~/here.txt").key.endswith("/here.txt")
    monkeypatch.chdir(tmp_path)
    assert helper.upload_file("here.txt").key.endswith("/here.txt")
    (tmp_path / "~here.txt").write_text("x")  # as office programs name their temporary files
    assert helper.upload_file("~here.txt").key.endswith("/~here.txt")
    for gone in ("gone.txt", "~nobody/gone.txt"):
        with pytest.raises(FileNotFoundError, match=r"no file 'gone\.txt'"):
            helper.upload_file(gone)
    with pytest.raises(FileNotFoundError, match="is empty"):
        helper.upload_file("")
    with pytest.raises(IsADirectoryError, match="folder"):
        helper.upload_file(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(PermissionError, match="ordinary file"):
        helper.upload_file(tmp_path / "pipe")


def test_a_connection_without_login_is_told_so(provider: LocalProvider) -> None:
    began = time.monotonic()
    with pytest.raises(upstream.ProviderSpecificException, match="not signed in") as caught:
        build_artifact_helper(openeo.connect(provider.backend))
    assert isinstance(caught.value, NoUsableLogin)
    assert time.monotonic() - began < AT_MOST


def test_basic_auth_never_leaves_for_the_sts(provider: LocalProvider) -> None:
    # Given
    connection = openeo.connect(provider.backend)
    from openeo.rest.auth.auth import BasicBearerAuth

    connection.auth = BasicBearerAuth("YWxpY2U6cGFzc3dvcmQ=")
    # When / Then
    with pytest.raises(NoUsableLogin, match="OpenID Connect"):
        build_artifact_helper(connection)


@pytest.mark.parametrize(
    "changed", [{"exp": 1}, {"artifact_prefix": None}, {"azp": "somebody-else"}]
)
def test_a_login_that_storage_refuses_fails_at_once(
    provider: LocalProvider, changed: dict[str, object]
) -> None:
    # Given
    connection = openeo.connect(provider.backend)
    connection.authenticate_oidc_access_token(sign_token(provider, **changed))
    began = time.monotonic()
    # When / Then
    with pytest.raises(upstream.ProviderSpecificException) as caught:
        build_artifact_helper(connection)
    assert isinstance(caught.value, OpenEOArtifactsError)
    assert caught.value.todo
    assert time.monotonic() - began < AT_MOST


def test_a_backend_without_storage(provider: LocalProvider) -> None:
    with other_backend(provider, None) as address:
        connection = openeo.connect(address)
        with pytest.raises(upstream.NoAdvertisedProviders):
            build_artifact_helper(connection)


def test_an_unknown_type_is_named(provider: LocalProvider) -> None:
    artifacts = {"providers": [{"id": "x", "type": "FTPConfig", "config": {}}]}
    with (
        other_backend(provider, artifacts) as address,
        pytest.raises(upstream.UnsupportedArtifactsType, match="FTPConfig"),
    ):
        build_artifact_helper(openeo.connect(address))


def test_a_bucket_that_is_not_there_fails_at_once(provider: LocalProvider, file: Path) -> None:
    # Given
    helper = build_artifact_helper(connected(provider), S3STSConfig(bucket="elsewhere"))
    began = time.monotonic()
    # When / Then
    with pytest.raises(StorageError) as caught:
        helper.upload_file(file)
    assert caught.value.who == "provider"
    assert time.monotonic() - began < AT_MOST


def test_a_refused_prefix_is_told(provider: LocalProvider, file: Path) -> None:
    # Given: a login whose session may only write elsewhere
    connection = openeo.connect(provider.backend)
    bob = provider.users["bob"]
    connection.authenticate_oidc_access_token(sign_token(provider, artifact_prefix=bob.prefix))
    helper = build_artifact_helper(connection)
    # When / Then
    with pytest.raises(StorageDenied) as caught:
        helper.upload_file(file)
    assert caught.value.code == "storage_denied"


@pytest.mark.parametrize("role", ["r", "not an ARN", "arn:aws:iam::000000000000:role/Unheard"])
def test_a_role_that_storage_does_not_know_is_said(provider: LocalProvider, role: str) -> None:
    with pytest.raises(upstream.InvalidProviderConfig, match="does not know the role"):
        build_artifact_helper(connected(provider), S3STSConfig(role=role))
