"""Which exception when: what upstream documents, with both, caught by upstream's own classes."""

from __future__ import annotations

from typing import Any

import openeo
import pytest
from openeo.extra.artifacts import exceptions as upstream

from tests.artifacts.upstream.sides import Ground, Side, both

NEEDED = ("s3_endpoint", "sts_endpoint", "role", "bucket")


class FTPConfig:
    """A config of a type that nobody handles."""

    @classmethod
    def get_type(cls) -> str:
        return "FTPConfig"


@both
@pytest.mark.parametrize("artifacts", [None, {}, {"providers": []}])
def test_a_backend_that_advertises_nothing(ground: Ground, side: Side, artifacts: Any) -> None:
    with ground.saying(artifacts) as address:
        connection = ground.connect(address)
        with pytest.raises(upstream.NoAdvertisedProviders):
            side.build(connection)


@both
@pytest.mark.parametrize("missing", ["id", "type", "config"])
def test_a_provider_that_lacks_a_field(ground: Ground, side: Side, missing: str) -> None:
    entry = {key: value for key, value in ground.entry().items() if key != missing}
    with ground.backend(entry) as address:
        connection = ground.connect(address)
        with pytest.raises(upstream.InvalidProviderConfig):
            side.build(connection)


@both
def test_a_broken_provider_is_no_harm_to_those_before_it(ground: Ground, side: Side) -> None:
    with ground.backend(ground.entry(), {"id": "half"}) as address:
        assert side.build(ground.connect(address))


@both
def test_a_type_that_nobody_handles(ground: Ground, side: Side) -> None:
    with ground.backend(ground.entry() | {"type": "FTPConfig"}) as address:
        connection = ground.connect(address)
        with pytest.raises(upstream.UnsupportedArtifactsType) as caught:
            side.build(connection)
    assert caught.value.type_id == "FTPConfig"


@both
def test_a_config_of_a_type_that_nobody_handles(ground: Ground, side: Side) -> None:
    with ground.backend(ground.entry()) as address:
        connection = ground.connect(address)
        with pytest.raises(upstream.UnsupportedArtifactsType) as caught:
            side.build(connection, FTPConfig())
    assert caught.value.type_id == "FTPConfig"


@both
@pytest.mark.parametrize("missing", NEEDED)
def test_a_value_that_is_neither_given_nor_advertised(
    ground: Ground, side: Side, missing: str
) -> None:
    with ground.backend(ground.entry(**{missing: None})) as address:
        connection = ground.connect(address)
        with pytest.raises(upstream.NoDefaultConfig) as caught:
            side.build(connection)
    assert caught.value.key == missing
    assert ground.shim.asked == []


@both
def test_a_config_that_lacks_a_value_where_nothing_is_advertised(
    ground: Ground, side: Side
) -> None:
    given = side.config(**ground.entry(bucket=None)["config"])
    with ground.saying(None) as address:
        connection = ground.connect(address)
        with pytest.raises(upstream.NoDefaultConfig) as caught:
            side.build(connection, given)
    assert caught.value.key == "bucket"


@both
def test_a_complete_config_works_beside_another_type(ground: Ground, side: Side) -> None:
    given = side.config(**ground.entry()["config"])
    with ground.backend({"id": "ftp", "type": "FTPConfig", "config": {}}) as address:
        assert side.build(ground.connect(address), given)


@both
def test_a_connection_that_is_not_signed_in(ground: Ground, side: Side) -> None:
    with ground.backend(ground.entry()) as address:
        connection = openeo.connect(address)
        with pytest.raises(upstream.ProviderSpecificException):
            side.build(connection)
    assert ground.shim.asked == []


@both
def test_all_of_them_are_artifacts_exceptions(ground: Ground, side: Side) -> None:
    with ground.saying(None) as address:
        connection = ground.connect(address)
        with pytest.raises(upstream.ArtifactsException):
            side.build(connection)
