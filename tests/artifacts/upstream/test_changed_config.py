"""What we do otherwise with what a backend advertises and what is given."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any

import pytest
from openeo.extra.artifacts._backend import ArtifactCapabilities, ProviderConfig
from openeo.extra.artifacts.exceptions import (
    InvalidProviderConfig,
    NoAdvertisedProviders,
    UnsupportedArtifactsType,
)

from jupyter_openeo_artifacts.artifacts import capabilities
from jupyter_openeo_artifacts.artifacts.capabilities import advertised
from jupyter_openeo_artifacts.artifacts.config import resolve
from tests.artifacts.upstream.sides import OURS, UPSTREAM, Ground

HEAD_AS_GET = "X-Proxy-Head-As-Get"
KNOWN = {"id": "s3", "type": "S3STSConfig", "config": {}}
UNKNOWN = {"id": "ftp", "type": "FTPConfig", "config": {}}


def bucket_of(helper: Any) -> str:
    return str(helper.config.bucket)


def test_capabilities_are_read_afresh(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    """A kernel runs for weeks; a backend that moves its storage would never be heard."""
    # Given
    said = {"providers": [ground.entry(bucket="old")]}
    with ground.saying(said) as address:
        connection = ground.connect(address)
        for side in (UPSTREAM, OURS):
            side.build(connection)
        # When
        said["providers"][0]["config"]["bucket"] = "new"
        another = ground.connect(address)
        found = [
            bucket_of(side.build(each))
            for side in (UPSTREAM, OURS)
            for each in (connection, another)
        ]
        in_a_minute = SimpleNamespace(monotonic=lambda: time.monotonic() + 61)
        monkeypatch.setattr(capabilities, "time", in_a_minute)
        later = bucket_of(OURS.build(connection))
    # Then: at once for a new connection, within a minute for an old one
    assert found == ["old", "old", "old", "new"]
    assert later == "new"


def test_what_was_read_cannot_be_changed_by_accident(ground: Ground) -> None:
    """Upstream hands out the very object that it answers from later."""
    with ground.backend(ground.entry()) as address:
        connection = ground.connect(address)
        read = (
            lambda: ArtifactCapabilities(connection)._get_artifacts_capabilities(),  # noqa: SLF001  upstream's
            lambda: advertised(connection),
        )
        for once in read:
            once()["providers"].clear()
        assert [len(once()["providers"]) for once in read] == [0, 1]


def test_all_providers_are_considered_in_order(ground: Ground) -> None:
    """A backend may offer a newer kind first, for clients that know it."""
    second = ground.entry(bucket="second") | {"id": "second"}
    with ground.backend(UNKNOWN, ground.entry(), second) as address:
        connection = ground.connect(address)
        with pytest.raises(UnsupportedArtifactsType):
            UPSTREAM.build(connection)
        assert OURS.build(connection).provider == "s3"
        assert bucket_of(OURS.build(connection, provider="second")) == "second"
        with pytest.raises(InvalidProviderConfig, match="third"):
            OURS.build(connection, provider="third")


@pytest.mark.parametrize(
    ("artifacts", "theirs", "mine"),
    [
        ("null", TypeError, NoAdvertisedProviders),
        ([], TypeError, NoAdvertisedProviders),
        ([KNOWN], TypeError, InvalidProviderConfig),
        ({"providers": None}, TypeError, NoAdvertisedProviders),
        ({"providers": {}}, KeyError, InvalidProviderConfig),
        ({"providers": [None]}, TypeError, InvalidProviderConfig),
        ({"providers": ["s3"]}, TypeError, InvalidProviderConfig),
        ({"providers": [KNOWN | {"config": None}]}, TypeError, InvalidProviderConfig),
    ],
    ids=str,
)
def test_what_is_of_the_wrong_shape_is_said(
    ground: Ground, artifacts: Any, theirs: type[Exception], mine: type[Exception]
) -> None:
    """A raw TypeError says neither what is wrong nor whose move it is."""
    with ground.saying({} if artifacts == "null" else artifacts) as address:
        connection = ground.connect(address)
        if artifacts == "null":
            document = {**connection.get("/").json(), "artifacts": None}
            connection.get = lambda *_, **__: Answer(document)
        with pytest.raises(theirs):
            UPSTREAM.build(connection)
        with pytest.raises(mine):
            OURS.build(connection)


class Answer:
    """What a backend says that puts null for what it has not."""

    def __init__(self, document: Any) -> None:
        self.json = lambda: document


def test_a_complete_config_works_where_nonsense_is_advertised(ground: Ground) -> None:
    """It was given because of that."""
    with ground.saying({"providers": {}}) as address:
        connection = ground.connect(address)
        values = ground.entry()["config"]
        with pytest.raises(UnsupportedArtifactsType, match="S3STSConfig"):
            UPSTREAM.build(connection, UPSTREAM.config(**values))
        assert OURS.build(connection, OURS.config(**values))
        with pytest.raises(InvalidProviderConfig, match=r"artifacts\.providers"):
            OURS.build(connection, OURS.config(bucket="b"))


def test_the_callers_config_is_not_changed(ground: Ground) -> None:
    """A config that is used again must mean the same again, at another backend too."""
    with ground.backend(ground.entry()) as address:
        connection = ground.connect(address)
        for build, untouched in ((UPSTREAM.build, False), (OURS.build, True)):
            given = UPSTREAM.config(bucket="mine")
            build(connection, given)
            assert (given.role is None) is untouched
        given = OURS.config(bucket="mine")
        OURS.build(connection, given)
        assert given == OURS.config(bucket="mine")


def test_the_callers_flags_win_and_are_not_changed(ground: Ground) -> None:
    """An explicit value wins over the advertised one, as with every other field."""
    offered = ground.entry(feature_flags={HEAD_AS_GET: True})
    with ground.backend(offered) as address:
        connection = ground.connect(address)
        for side, kept in ((UPSTREAM, False), (OURS, True)):
            flags = {HEAD_AS_GET: False}
            helper = side.build(connection, side.config(feature_flags=flags))
            link = helper.get_presigned_url(OURS.uri("b", "k"), 60)
            assert (flags == {HEAD_AS_GET: False}) is kept
            assert (HEAD_AS_GET not in link) is kept


def test_flags_that_nobody_chose_are_none() -> None:
    """Else one could not tell a chosen "off" from no choice, and advertised flags had no say."""
    assert UPSTREAM.config().feature_flags == {HEAD_AS_GET: False, "checksum-via-trailers": False}
    assert OURS.config().feature_flags == {}


def test_a_flag_is_true_or_false(ground: Ground) -> None:
    """The text "false" would switch it on."""
    with ground.backend(ground.entry(feature_flags={HEAD_AS_GET: "false"})) as address:
        connection = ground.connect(address)
        link = UPSTREAM.build(connection).get_presigned_url(OURS.uri("b", "k"), 60)
        assert HEAD_AS_GET in link
        assert HEAD_AS_GET not in OURS.build(connection).get_presigned_url(OURS.uri("b", "k"), 60)


def test_flags_of_the_wrong_kind_are_passed_over(ground: Ground) -> None:
    """What is advertised tomorrow must not end what works today; a warning is in the log."""
    with ground.backend(ground.entry(feature_flags=[HEAD_AS_GET])) as address:
        connection = ground.connect(address)
        with pytest.raises(ValueError, match="must be dict"):
            UPSTREAM.build(connection)
        assert HEAD_AS_GET not in OURS.build(connection).get_presigned_url(OURS.uri("b", "k"), 60)


def test_a_config_can_be_hashed() -> None:
    """A frozen value is one that may be a key."""
    with pytest.raises(TypeError, match="unhashable"):
        hash(UPSTREAM.config())
    assert hash(OURS.config(feature_flags={HEAD_AS_GET: True})) == hash(OURS.config())


def loaded(offered: dict[str, Any]) -> Any:
    config = UPSTREAM.config()
    config.load_connection_provided_config(ProviderConfig("s3", "S3STSConfig", offered))
    return config


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("sts_endpoint", "http://sts.example.org"),
        ("s3_endpoint", "http://s3.eu-central-1.example.org"),
        ("bucket", "arn:aws:s3:eu-1:123456789012:accesspoint/elsewhere"),
        ("role", 7),
    ],
)
def test_values_that_lead_elsewhere_are_refused(key: str, value: Any) -> None:
    """From an encrypted backend no token goes out in clear, and a bucket is the name of one."""
    offered = {
        "s3_endpoint": "https://s3.eu-central-1.example.org",
        "sts_endpoint": "https://sts.example.org",
        "role": "arn:aws:iam::role/r",
        "bucket": "b",
    }
    assert resolve(None, offered, "s3", encrypted=True).bucket == "b"
    offered[key] = value
    assert getattr(loaded(offered), key) == value
    with pytest.raises(InvalidProviderConfig, match=key):
        resolve(None, offered, "s3", encrypted=True)
