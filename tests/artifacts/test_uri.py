"""Storage URIs."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from openeo.extra.artifacts._s3sts.model import S3URI as UpstreamURI

from jupyter_openeo_artifacts import S3URI
from jupyter_openeo_artifacts.artifacts.exceptions import StorageURIInvalid

LEGAL = st.text(min_size=1, max_size=1024).filter(lambda key: len(key.encode()) <= 1024)


@given(LEGAL)
@example("/?#%2F\n\t\r ")
@example("é" * 512)
def test_every_key_comes_back_byte_for_byte(key: str) -> None:
    uri = S3URI("artifacts", key)
    assert S3URI.from_str(str(uri)) == S3URI.from_any(uri) == uri
    assert str(S3URI.from_str(str(uri))).encode() == b"s3://artifacts/" + key.encode()


@pytest.mark.parametrize("key", ["/lead", "a?b=1", "a#b", "tail?", "a b", "a%20b", "//", "a\nb"])
def test_keys_that_upstream_changes_or_not(key: str) -> None:
    assert S3URI.from_str(f"s3://b/{key}").key == key


def test_upstreams_uri_and_text_are_taken() -> None:
    assert S3URI.from_any(UpstreamURI("b", "k")) == S3URI.from_any("s3://b/k") == S3URI("b", "k")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "s3://",
        "s3://b",
        "s3://b/",
        "s3:///k",
        "https://b/k",
        "S3://b/k",
        "s3://u:p@b:80/k",
        "s3://b?/k",
        " s3://b/k",
        "s3://b/\ud800",
        "s3://b/" + "k" * 1025,
    ],
)
def test_what_is_no_storage_uri_is_refused(text: str) -> None:
    with pytest.raises(StorageURIInvalid, match="s3://<bucket>/<key>"):
        S3URI.from_str(text)
    with pytest.raises(ValueError):  # noqa: PT011  upstream's class is kept
        S3URI.from_str(text)
