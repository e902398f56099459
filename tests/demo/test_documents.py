"""What the local provider tells about itself, and how it says no."""

from __future__ import annotations

import openeo
import pytest
import requests

from jupyter_openeo_artifacts.demo.access_rules import ROLE

TIMEOUT = 10


def get(address, **more):
    return requests.get(address, timeout=TIMEOUT, **more)


def test_openid_discovery_names_what_a_device_login_needs(provider):
    # When
    found = get(f"{provider.issuer}/.well-known/openid-configuration").json()

    # Then
    assert found["issuer"] == provider.issuer
    assert found["code_challenge_methods_supported"] == ["S256"]
    assert "offline_access" in found["scopes_supported"]
    assert "urn:ietf:params:oauth:grant-type:device_code" in found["grant_types_supported"]
    for name in ("device_authorization_endpoint", "token_endpoint", "userinfo_endpoint"):
        assert found[name].startswith(f"{provider.issuer}/")


def test_published_keys_are_public_and_carry_a_certificate(provider):
    # When
    (key,) = get(f"{provider.issuer}/jwks").json()["keys"]

    # Then
    assert key["kty"] == "RSA"
    assert key["alg"] == "RS256"
    assert key["x5c"]
    assert not set(key) & {"d", "p", "q", "dp", "dq", "qi"}


def test_openeo_client_connects_and_finds_the_storage(provider):
    # When the client looks for the API below /.well-known/openeo
    connection = openeo.connect(provider.backend)

    # Then it finds version 1.2 and one artifacts provider
    assert connection.capabilities().api_version() == "1.2.0"
    (found,) = connection.get("/").json()["artifacts"]["providers"]
    assert found["type"] == "S3STSConfig"
    assert found["config"] == {
        "s3_endpoint": provider.s3,
        "sts_endpoint": provider.sts,
        "role": ROLE,
        "bucket": provider.bucket,
        "region": provider.region,
    }


def test_capabilities_hold_all_that_openeo_requires(provider):
    # When
    found = get(f"{provider.backend}/").json()

    # Then, by the API's specification 1.2
    required = {"api_version", "backend_version", "stac_version", "type", "id", "title"}
    required |= {"description", "endpoints", "links", "conformsTo"}
    assert required <= set(found)
    assert found["type"] == "Catalog"
    for endpoint in found["endpoints"]:
        assert endpoint["methods"]
        path = endpoint["path"].replace("{name}", "none")
        assert get(provider.backend + path).status_code in (200, 401, 404)


def test_default_client_signs_in_with_pkce(provider):
    # When
    (found,) = get(f"{provider.backend}/credentials/oidc").json()["providers"]

    # Then
    assert found["issuer"] == provider.issuer
    (client,) = found["default_clients"]
    assert client["grant_types"] == [
        "urn:ietf:params:oauth:grant-type:device_code+pkce",
        "refresh_token",
    ]


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nothing", 404, "NotFound"),
        ("GET", "/collections/none", 404, "CollectionNotFound"),
        ("GET", "/jobs", 501, "FeatureUnsupported"),
        ("POST", "/jobs", 501, "FeatureUnsupported"),
        ("POST", "/result", 501, "FeatureUnsupported"),
        ("POST", "/credentials/oidc", 405, "FeatureUnsupported"),
        ("GET", "/me", 401, "AuthenticationRequired"),
    ],
)
def test_errors_have_the_body_that_openeo_defines(provider, method, path, status, code):
    # When
    answer = requests.request(method, provider.backend + path, timeout=TIMEOUT)

    # Then
    assert answer.status_code == status
    body = answer.json()
    assert set(body) == {"id", "code", "message", "links"}
    assert body["code"] == code
    assert body["message"]


def test_openeo_web_clients_may_ask_from_anywhere(provider):
    # When
    answer = requests.options(f"{provider.backend}/me", timeout=TIMEOUT)

    # Then
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Authorization" in answer.headers["Access-Control-Allow-Headers"]


@pytest.mark.parametrize("part", ["issuer", "backend"])
def test_a_foreign_host_name_is_refused(provider, part):
    # When a page elsewhere has pointed its own name at this machine
    address = f"{getattr(provider, part)}/"
    answer = get(address, headers={"Host": "rebound.example"})

    # Then
    assert answer.status_code == 400


def test_openeo_client_builds_a_graph_on_a_link_and_is_told_that_nothing_runs(provider, caplog):
    # Given
    connection = openeo.connect(provider.backend)
    connection.authenticate_oidc_client_credentials(
        client_id=provider.service.client_id, client_secret=provider.service.secret
    )

    # When
    cube = connection.load_url("https://storage.example/fields.parquet", format="Parquet")

    # Then its format is known, and running it is refused in openEO's own form
    assert cube.flat_graph()["loadurl1"]["arguments"]["format"] == "Parquet"
    assert not [record for record in caplog.records if "not listed" in record.message]
    with pytest.raises(openeo.rest.OpenEoApiError) as refused:
        cube.execute()
    assert (refused.value.http_status_code, refused.value.code) == (501, "FeatureUnsupported")


def test_lists_are_what_the_client_reads(provider):
    # Given
    connection = openeo.connect(provider.backend)

    # When, Then
    assert {"Parquet", "GeoJSON", "GTiff"} <= set(connection.list_input_formats())
    assert {process["id"] for process in connection.list_processes()} >= {"load_url", "run_udf"}
    assert connection.describe_process("load_url")["parameters"][1]["name"] == "format"
    assert list(connection.list_collections()) == []
    assert connection.list_udf_runtimes() == {}
    assert connection.list_service_types() == {}
    assert not connection.capabilities().supports_endpoint("/jobs", "POST")
