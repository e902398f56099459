"""What we keep of upstream's names, signatures and exceptions, without a server."""

from __future__ import annotations

import dataclasses
import inspect
from typing import TYPE_CHECKING, Any

import pytest
from openeo.extra.artifacts import exceptions as upstream
from openeo.extra.artifacts._s3sts.artifact_helper import S3STSArtifactHelper as UpstreamHelper
from openeo.extra.artifacts.artifact_helper import build_artifact_helper as upstream_build

import jupyter_openeo_artifacts as ours
from jupyter_openeo_artifacts.artifacts.helper import S3STSArtifactHelper
from tests.artifacts.upstream.sides import OURS, UPSTREAM, Side, both

if TYPE_CHECKING:
    from collections.abc import Callable

PAIRS = [
    (upstream_build, ours.build_artifact_helper),
    (UpstreamHelper.upload_file, S3STSArtifactHelper.upload_file),
    (UpstreamHelper.get_presigned_url, S3STSArtifactHelper.get_presigned_url),
    (UPSTREAM.config, OURS.config),
    (UPSTREAM.uri, OURS.uri),
    (UPSTREAM.uri.from_str, OURS.uri.from_str),
    (UPSTREAM.uri.to_string, OURS.uri.to_string),
    (UPSTREAM.config.get_type, OURS.config.get_type),
]
EXCEPTIONS = [
    name
    for name, found in vars(upstream).items()
    if inspect.isclass(found) and issubclass(found, Exception)
]
NAMED = {
    "NoAdvertisedProviders": {},
    "UnsupportedArtifactsType": {"type_id": "FTPConfig"},
    "NoDefaultConfig": {"key": "bucket"},
}


def parameters(what: Callable[..., Any]) -> list[inspect.Parameter]:
    found = inspect.signature(what).parameters.values()
    return [one.replace(annotation=inspect.Parameter.empty) for one in found]


def unpacked(one: inspect.Parameter) -> tuple[str, Any, Any]:
    # The default of feature flags differs on purpose: test_changed_config.py.
    default = None if one.name == "feature_flags" else one.default
    return one.name, one.kind, default


@pytest.mark.parametrize(("theirs", "mine"), PAIRS, ids=lambda one: one.__qualname__)
def test_parameters_are_the_same(theirs: Callable[..., Any], mine: Callable[..., Any]) -> None:
    # Given
    wanted, found = parameters(theirs), parameters(mine)
    # When
    more = found[len(wanted) :]
    # Then
    assert [unpacked(one) for one in found[: len(wanted)]] == [unpacked(one) for one in wanted]
    assert all(one.default is not inspect.Parameter.empty for one in more), "new ones are optional"
    if mine is not OURS.config:
        assert all(one.kind is inspect.Parameter.KEYWORD_ONLY for one in more)


def test_the_one_public_name_is_found_at_the_top() -> None:
    from openeo.extra import artifacts

    public = {name for name in vars(artifacts) if not name.startswith("_")}
    modules = {name for name in public if inspect.ismodule(getattr(artifacts, name))}
    assert public - modules == {"build_artifact_helper"}
    assert public - modules <= set(ours.__all__)


def test_the_fields_of_config_and_uri_are_the_same() -> None:
    for theirs, mine in ((UPSTREAM.config, OURS.config), (UPSTREAM.uri, OURS.uri)):
        wanted = [one.name for one in dataclasses.fields(theirs)]
        assert [one.name for one in dataclasses.fields(mine)][: len(wanted)] == wanted


@pytest.mark.parametrize("name", EXCEPTIONS)
def test_exceptions_are_children_of_upstreams(name: str) -> None:
    # Given
    theirs, mine = getattr(upstream, name), getattr(ours, name)
    arguments, named = (() if name in NAMED else ("something",)), NAMED.get(name, {})
    # When
    raised, wanted = mine(*arguments, **named), theirs(*arguments, **named)
    # Then
    assert issubclass(mine, theirs)
    assert issubclass(mine, ours.OpenEOArtifactsError)
    assert set(vars(wanted)) <= set(vars(raised)), "type_id and key are told"
    assert all(getattr(raised, key) == value for key, value in vars(wanted).items())
    assert "something" in str(raised) or named or name == "NoAdvertisedProviders"


@both
def test_a_storage_uri_is_a_frozen_value(side: Side) -> None:
    # Given
    uri = side.uri("bucket", "a/b c/é?x=1.tif")
    # Then
    assert (uri.bucket, uri.key) == ("bucket", "a/b c/é?x=1.tif")
    assert str(uri) == uri.to_string() == "s3://bucket/a/b c/é?x=1.tif"
    assert side.uri.from_str(str(uri)) == uri == side.uri(bucket="bucket", key=uri.key)
    assert len({uri, side.uri.from_str(str(uri))}) == 1
    with pytest.raises(dataclasses.FrozenInstanceError):
        uri.key = "other"


@both
@pytest.mark.parametrize("text", ["", "https://bucket/key", "bucket/key"])
def test_another_scheme_is_a_value_error(side: Side, text: str) -> None:
    with pytest.raises(ValueError, match="s3://<bucket>/<key>"):
        side.uri.from_str(text)


@both
def test_a_config_is_a_frozen_value_named_as_advertised(side: Side) -> None:
    assert side.config.get_type() == "S3STSConfig"
    assert side.config(bucket="b") == side.config(None, None, bucket="b")
    with pytest.raises(dataclasses.FrozenInstanceError):
        side.config().bucket = "other"
