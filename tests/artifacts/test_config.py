"""What is advertised, what is given, and what comes of both."""

from __future__ import annotations

import logging
from types import MappingProxyType
from typing import Any

import pytest
from openeo.extra.artifacts import exceptions as upstream
from openeo.extra.artifacts._s3sts.config import S3STSConfig as UpstreamConfig

from jupyter_openeo_artifacts import OpenEOArtifactsError, S3STSConfig
from jupyter_openeo_artifacts.artifacts.capabilities import choose, providers
from jupyter_openeo_artifacts.artifacts.config import region_of, resolve
from jupyter_openeo_artifacts.artifacts.exceptions import GivenConfigInvalid
from jupyter_openeo_artifacts.s3.settings import FEATURE_FLAGS

OFFERED = {
    "s3_endpoint": "https://s3.waw3-1.openeo.example.org",
    "sts_endpoint": "https://sts.openeo.example.org",
    "role": "arn:aws:iam::000:role/S3Access",
    "bucket": "artifacts",
}
GOOD = {"id": "s3", "type": "S3STSConfig", "config": OFFERED}


@pytest.mark.parametrize("artifacts", [None, {}, [], {"providers": []}, {"providers": None}])
def test_nothing_advertised(artifacts: Any) -> None:
    with pytest.raises(upstream.NoAdvertisedProviders) as caught:
        providers(artifacts)
    assert isinstance(caught.value, OpenEOArtifactsError)


@pytest.mark.parametrize(
    ("artifacts", "field"),
    [
        (["s3"], "artifacts"),
        ({"providers": {}}, "artifacts.providers"),
        ({"providers": ["s3"]}, r"providers\[0\]"),
        ({"providers": [{"type": "S3STSConfig", "config": {}}, GOOD]}, r"providers\[0\].id"),
        ({"providers": [{"id": "s3", "config": {}}]}, r"providers\[0\].type"),
        ({"providers": [{"id": "s3", "type": "S3STSConfig"}]}, r"providers\[0\].config"),
        ({"providers": [{**GOOD, "config": None}, GOOD]}, r"providers\[0\].config"),
    ],
)
def test_a_broken_description_names_the_field(artifacts: Any, field: str) -> None:
    with pytest.raises(upstream.InvalidProviderConfig, match=field):
        choose(providers(artifacts))


def test_a_broken_description_is_no_harm_to_those_before_it() -> None:
    # Given
    found = providers({"providers": [GOOD, {"id": "half", "type": "S3STSConfig"}, "s3"]})
    # When / Then
    assert choose(found).id == choose(found, "s3").id == "s3"
    with pytest.raises(upstream.InvalidProviderConfig, match=r"providers\[1\].config"):
        choose(found, "half")


def test_the_first_known_provider_is_taken_or_the_named_one() -> None:
    # Given
    other = {"id": "new", "type": "Unheard", "config": {}}
    second = {**GOOD, "id": "second"}
    found = providers({"providers": [other, GOOD, second]})
    # When / Then
    assert choose(found).id == "s3"
    assert choose(found, "second").id == "second"
    with pytest.raises(upstream.UnsupportedArtifactsType, match="Unheard") as caught:
        choose(found, "new")
    assert caught.value.type_id == "Unheard"
    with pytest.raises(upstream.InvalidProviderConfig, match="third") as unknown:
        choose(found, "third")
    assert unknown.value.todo == "It advertises 'new', 's3', 'second'."


@pytest.mark.parametrize("missing", OFFERED)
def test_a_value_that_is_nowhere_is_named(missing: str) -> None:
    offered = {key: value for key, value in OFFERED.items() if key != missing}
    with pytest.raises(upstream.NoDefaultConfig, match=missing) as caught:
        resolve(None, offered, "s3")
    assert caught.value.key == missing


@pytest.mark.parametrize("config", [S3STSConfig, UpstreamConfig])
def test_what_is_given_wins(config: Any) -> None:
    # Given
    given = config(bucket="mine", feature_flags={"X-Proxy-Head-As-Get": False})
    offered = {**OFFERED, "feature_flags": {"X-Proxy-Head-As-Get": True}}
    # When
    storage = resolve(given, offered, "s3")
    # Then
    assert storage.bucket == "mine"
    assert storage.role == OFFERED["role"]
    assert not storage.is_feature_enabled("X-Proxy-Head-As-Get")
    assert given.s3_endpoint is None, "the caller's config is never changed"
    assert hash(storage) == hash(storage)


def test_a_flag_that_nobody_chose_hides_none_of_the_backends() -> None:
    offered = {**OFFERED, "feature_flags": {"X-Proxy-Head-As-Get": True}}
    for given in (UpstreamConfig(bucket="mine"), S3STSConfig(bucket="mine")):
        assert resolve(given, offered, "s3").is_feature_enabled("X-Proxy-Head-As-Get")
    chosen = S3STSConfig(feature_flags=dict(FEATURE_FLAGS))
    assert not resolve(chosen, offered, "s3").is_feature_enabled("X-Proxy-Head-As-Get")


@pytest.mark.parametrize("value", [True, False, "bar", 7, None, [], {"since": 2027}], ids=str)
def test_an_unknown_flag_of_any_kind_warns_and_is_passed_over(
    caplog: pytest.LogCaptureFixture, value: Any
) -> None:
    # Given
    flags = {"non-existing-feature-flag": value, "X-Proxy-Head-As-Get": True}
    # When
    with caplog.at_level(logging.WARNING):
        advertised = resolve(None, {**OFFERED, "feature_flags": flags}, "s3")
    given = resolve(S3STSConfig(feature_flags=flags), OFFERED, "s3")
    # Then
    assert "unknown feature flag" in caplog.text
    assert "non-existing-feature-flag" in caplog.text
    for storage in (advertised, given):
        assert storage.feature_flags == {**FEATURE_FLAGS, "X-Proxy-Head-As-Get": True}


@pytest.mark.parametrize(
    ("offered", "word"),
    [
        ({"feature_flags": ["X-Proxy-Head-As-Get"]}, "feature_flags"),
        ({"feature_flags": "all"}, "feature_flags"),
        ({"feature_flags": {"X-Proxy-Head-As-Get": "yes"}}, "X-Proxy-Head-As-Get"),
        ({"feature_flags": {"checksum-via-trailers": 1}}, "checksum-via-trailers"),
        ({"retention_seconds": "a week"}, "retention_seconds"),
        ({"retention_seconds": 0}, "retention_seconds"),
        ({"grace_seconds": {"links": 60}}, "grace_seconds"),
        ({"region": ["eu-1", "eu-2"]}, "region"),
        ({"region": "us east"}, "region"),
        ({"region": 7.5}, "region"),
        ({"a_new_field": {"of": ["any", "kind"]}}, "'a_new_field' is an unknown field"),
    ],
    ids=str,
)
def test_an_optional_value_of_another_form_warns_and_is_passed_over(
    caplog: pytest.LogCaptureFixture, offered: dict[str, Any], word: str
) -> None:
    with caplog.at_level(logging.WARNING):
        found = resolve(None, {**OFFERED, **offered}, "s3")
    assert found == resolve(None, OFFERED, "s3")
    assert [word in each.getMessage() for each in caplog.records] == [True]


@pytest.mark.parametrize(
    "tomorrow",
    [
        {"id": "new", "type": "AzureSAS", "config": "elsewhere"},
        {"id": 5, "type": "AzureSAS"},
        {"type": "AzureSAS", "documents": []},
        {"type": {"name": "S3STSConfig", "version": 2}},
        {},
        "https://artifacts.example.org/new",
        None,
        7,
    ],
    ids=str,
)
def test_a_provider_of_a_kind_of_tomorrow_is_passed_over(tomorrow: Any) -> None:
    # Given / When / Then: before or behind one that is known
    assert choose(providers({"providers": [tomorrow, GOOD]})).id == "s3"
    assert choose(providers({"providers": [GOOD, tomorrow], "version": "2.0"})).id == "s3"
    # And: alone, it is said that there is none of ours
    with pytest.raises((upstream.UnsupportedArtifactsType, upstream.InvalidProviderConfig)):
        choose(providers({"providers": [tomorrow]}))


@pytest.mark.parametrize(
    "endpoint", ["", "ftp://x", "s3.example.org", "https://", "https://u:p@s3.x.y", "http://[::1"]
)
def test_an_endpoint_that_is_no_address_is_refused(endpoint: str) -> None:
    with pytest.raises(upstream.InvalidProviderConfig, match="s3_endpoint"):
        resolve(None, {**OFFERED, "s3_endpoint": endpoint}, "s3")


@pytest.mark.parametrize("key", ["s3_endpoint", "sts_endpoint"])
@pytest.mark.parametrize("scheme", ["http", "HTTP"])
def test_an_encrypted_backend_leads_a_token_nowhere_in_clear(key: str, scheme: str) -> None:
    # Given
    offered = {**OFFERED, key: f"{scheme}://storage.example.org"}
    # When / Then
    with pytest.raises(upstream.InvalidProviderConfig, match=f"{key}.*not encrypted"):
        resolve(None, offered, "s3", encrypted=True)
    assert resolve(None, offered, "s3").provider == "s3"
    chosen = S3STSConfig(**{key: "http://127.0.0.1:8333"})
    assert getattr(resolve(chosen, offered, "s3", encrypted=True), key) == "http://127.0.0.1:8333"


@pytest.mark.parametrize(
    "bucket", ["no bucket!", "a/b", "arn:aws:s3:eu-1:123456789012:accesspoint/elsewhere"]
)
def test_a_bucket_that_is_no_name_is_refused(bucket: str) -> None:
    with pytest.raises(upstream.InvalidProviderConfig, match="bucket"):
        resolve(None, {**OFFERED, "bucket": bucket}, "s3")


@pytest.mark.parametrize("region", ["us east", "a\nb", "-x", 7.5, ["eu"]])
def test_a_given_region_that_is_no_name_is_refused(region: Any) -> None:
    with pytest.raises(GivenConfigInvalid, match="region"):
        resolve(S3STSConfig(region=region), OFFERED, "s3")


@pytest.mark.parametrize(
    ("endpoint", "region"),
    [
        ("https://s3.waw3-1.openeo.example.org", "waw3-1"),
        ("https://s3.dualstack.eu-west-1.amazonaws.com", "eu-west-1"),
        ("https://s3.prod.waw4-1.openeo.example.org:8443", "waw4-1"),
        ("https://S3.Waw3-1.openeo.example.org", "waw3-1"),
        ("https://s3.example.org", "us-east-1"),
        ("https://s3", "us-east-1"),
        ("http://127.0.0.1:8333", "us-east-1"),
        ("http://[::1]:8333", "us-east-1"),
        ("http://localhost:8333", "us-east-1"),
    ],
)
def test_the_region_comes_from_the_host_or_is_the_default(endpoint: str, region: str) -> None:
    assert region_of(endpoint) == region


def test_a_configured_region_wins() -> None:
    assert resolve(S3STSConfig(region="here-1"), OFFERED, "s3").region == "here-1"
    assert resolve(None, {**OFFERED, "region": "there-1"}, "s3").region == "there-1"


@pytest.mark.parametrize("key", ["retention_seconds", "grace_seconds"])
def test_seconds_are_taken_from_the_backend_unless_given(key: str) -> None:
    offered = {**OFFERED, key: 60}
    assert getattr(resolve(None, offered, "s3"), key) == 60
    assert getattr(resolve(S3STSConfig(**{key: 7}), offered, "s3"), key) == 7
    assert getattr(resolve(UpstreamConfig(), offered, "s3"), key) == 60
    assert not getattr(resolve(None, OFFERED, "s3"), key)
    assert (
        resolve(S3STSConfig(grace_seconds=0), {**OFFERED, "grace_seconds": 9}, "s3").grace_seconds
        == 0
    )


@pytest.mark.parametrize("key", ["retention_seconds", "grace_seconds"])
@pytest.mark.parametrize("wrong", [-1, 1.5, "60", True, [], 10**18])
def test_given_seconds_that_are_none_are_refused(key: str, wrong: Any) -> None:
    with pytest.raises(upstream.InvalidProviderConfig, match=key):
        resolve(S3STSConfig(**{key: wrong}), OFFERED, "s3")
    assert resolve(None, {**OFFERED, key: wrong}, "s3") == resolve(None, OFFERED, "s3")


@pytest.mark.parametrize("config", [S3STSConfig, UpstreamConfig])
def test_what_is_given_may_be_read_only(config: Any) -> None:
    # Given
    flags = MappingProxyType({"X-Proxy-Head-As-Get": True})
    given = config(bucket="mine", feature_flags=flags)
    before = {**vars(given)}
    # When
    storage = resolve(given, MappingProxyType(OFFERED), "s3")
    # Then
    assert storage.is_feature_enabled("X-Proxy-Head-As-Get")
    assert vars(given) == before
    assert dict(flags) == {"X-Proxy-Head-As-Get": True}


@pytest.mark.parametrize(
    "given",
    [
        {"role": 5},
        {"bucket": ""},
        {"bucket": "a b"},
        {"region": "-"},
        {"session_seconds": "abc"},
        {"session_seconds": -5},
        {"trace_id": 5},
        {"s3_endpoint": "https://s3.example.org?x=1"},
    ],
    ids=str,
)
def test_a_value_that_was_given_wrongly_is_the_users_to_correct(given: dict[str, Any]) -> None:
    with pytest.raises(GivenConfigInvalid, match=next(iter(given))) as caught:
        resolve(S3STSConfig(**given), OFFERED, "s3")
    assert isinstance(caught.value, upstream.InvalidProviderConfig)
    assert (caught.value.who, "advertised" in str(caught.value)) == ("you", False)


@pytest.mark.parametrize("offered", [{"role": 5}, {"bucket": "-/"}, {"s3_endpoint": "s3"}], ids=str)
def test_a_value_that_is_advertised_wrongly_is_the_providers(offered: dict[str, Any]) -> None:
    with pytest.raises(upstream.InvalidProviderConfig, match="advertised") as caught:
        resolve(None, {**OFFERED, **offered}, "s3")
    assert caught.value.who == "provider"


def test_no_length_of_session_and_no_trace_are_the_defaults() -> None:
    found = resolve(S3STSConfig(session_seconds=None, trace_id=None), OFFERED, "s3")  # type: ignore[arg-type]
    assert (found.session_seconds, found.traced) == (43_200, False)
