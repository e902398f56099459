"""What we do otherwise with a storage's address: its region, its port, how links are signed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

from jupyter_openeo_artifacts.artifacts.config import resolve
from tests.artifacts.upstream.sides import OURS, UPSTREAM, Ground, fetched

if TYPE_CHECKING:
    from pathlib import Path

# What upstream reads from the host (or raises), and what we do.
REGIONS = [
    ("http://127.0.0.1:8333", ValueError, "us-east-1"),
    ("http://[::1]:8333", ValueError, "us-east-1"),
    ("http://localhost:8333", ValueError, "us-east-1"),
    ("https://s3", IndexError, "us-east-1"),
    ("https://S3.waw3-1.openeo.example.org", ValueError, "waw3-1"),
    ("https://s3.example.org", "example", "us-east-1"),
    ("http://s3.localhost:8333", "localhost:8333", "us-east-1"),
    ("https://s3.d.openeo.example.org", "openeo", "d"),
    # These are kept.
    ("https://s3.waw3-1.openeo.example.org", "waw3-1", "waw3-1"),
    ("https://s3.dualstack.eu-west-1.amazonaws.com", "eu-west-1", "eu-west-1"),
    ("https://s3-fips.dualstack.us-gov-west-1.amazonaws.com", "us-gov-west-1", "us-gov-west-1"),
    ("https://s3.prod.waw4-1.openeo.example.org", "waw4-1", "waw4-1"),
]


@pytest.mark.parametrize(("endpoint", "theirs", "mine"), REGIONS)
def test_any_host_has_a_region(endpoint: str, theirs: Any, mine: str) -> None:
    """A storage need not be named as AWS names its own."""
    config = UPSTREAM.config(s3_endpoint=endpoint)
    if isinstance(theirs, str):
        assert config._get_storage_region() == theirs  # noqa: SLF001  upstream has no other way
    else:
        with pytest.raises(theirs):
            config._get_storage_region()  # noqa: SLF001  as above
    given = OURS.config(endpoint, endpoint, role="r", bucket="b")
    assert resolve(given, {}, "s3").region == mine


def test_a_region_can_be_given() -> None:
    """Some storages route by it, whatever they are called."""
    with pytest.raises(TypeError, match="region"):
        UPSTREAM.config(region="waw3-1")
    here = "http://127.0.0.1"
    given = OURS.config(here, here, role="r", bucket="b", region="x-1")
    assert resolve(given, {"region": "y-1"}, "s3").region == "x-1"
    assert resolve(None, vars(given) | {"region": "y-1"}, "s3").region == "y-1"


def test_a_storage_may_be_at_any_address(ground: Ground, slept: list[float], file: Path) -> None:
    """A storage on this computer, or in one's own network, has no region in its name."""
    with ground.backend(ground.entry(s3_endpoint=ground.provider.s3)) as address:
        connection = ground.connect(address)
        with pytest.raises(RuntimeError) as caught:
            UPSTREAM.build(connection)
        assert "Cannot determine region" in str(caught.value.__cause__)
        helper = OURS.build(connection)
    assert fetched(helper.sign(helper.upload_file(file)).url).content == file.read_bytes()


@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1"])
def test_links_are_signed_by_v4_in_every_region(ground: Ground, file: Path, region: str) -> None:
    """botocore falls back to SigV2 in old regions, and storages refuse it with a session."""
    with ground.helpers(s3_endpoint=f"{ground.provider.s3}#.s3.{region}") as helpers:
        uri = OURS.uri(ground.provider.bucket, helpers[1].upload_file(file).key)
        links = [helper.get_presigned_url(uri, 60) for helper in helpers]
    assert "Signature" in parse_qs(urlsplit(links[0]).query)  # of SigV2
    assert parse_qs(urlsplit(links[1]).query)["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
    assert [fetched(link).status_code for link in links] == [403, 200]


def test_the_bucket_is_in_the_path(
    ground: Ground, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a person's settings for another storage want it in the host, nothing is found there."""
    (tmp_path / "config").write_text("[default]\ns3 =\n  addressing_style = virtual\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    local = ground.provider.s3.replace("127.0.0.1", "localhost")
    with ground.helpers(s3_endpoint=f"{local}#.s3.eu-central-1") as helpers:
        uri = helpers[1].upload_file(file)
        links = [helper.get_presigned_url(uri, 60) for helper in helpers]
    hosts = [urlsplit(link).hostname for link in links]
    assert hosts == [f"{uri.bucket}.localhost", "localhost"]
    assert fetched(links[1]).content == file.read_bytes()
