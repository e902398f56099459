"""The openEO client's own settings: which provider and client a login is of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from jupyter_openeo_artifacts.auth.device_flow import DeviceCode
from jupyter_openeo_artifacts.backends.session_registry import Sessions
from tests.login.conftest import run_python
from tests.servers import openeo_stub

if TYPE_CHECKING:
    from collections.abc import Callable

    from jupyter_openeo_artifacts.auth.oauth_client import OAuthClient
    from jupyter_openeo_artifacts.backends.session import BackendSession
    from tests.servers.oidc import OpenIDProvider
    from tests.servers.openeo_stub import Backend


def two_providers(backend: Backend, *clients: str) -> None:
    entries = [
        {
            "id": name,
            "issuer": backend.issuer,
            "title": name.upper(),
            "default_clients": [{"id": client, "grant_types": backend.grants}],
        }
        for name, client in zip(("first", "second"), clients, strict=True)
    ]
    backend.routes["/v1/credentials/oidc"] = lambda: openeo_stub.found({"providers": entries})


def test_a_login_at_the_second_provider_counts_too(
    oidc: OpenIDProvider,
    backend: Backend,
    sessions: Sessions,
    signed_in: Callable[..., BackendSession],
) -> None:
    # Given
    signed_in(backend)
    two_providers(backend, "openeo-brief", "openeo-device")
    # When
    session = Sessions().open(backend.url)
    # Then
    assert session.openeo().auth.bearer.startswith("oidc/second/")


@pytest.mark.parametrize(
    ("named", "configured", "client"),
    [
        ("", {}, "openeo-device"),
        ("second", {}, "openeo-brief"),
        ("unknown", {}, "openeo-device"),
        ("", {"second": "openeo-hasty"}, "openeo-hasty"),
    ],
)
def test_provider_and_client_are_those_of_the_openeo_client(
    backend: Backend,
    monkeypatch: pytest.MonkeyPatch,
    named: str,
    configured: dict[str, str],
    client: str,
) -> None:
    # Given
    from openeo.rest.auth.config import AuthConfig

    two_providers(backend, "openeo-device", "openeo-brief")
    monkeypatch.setenv("OPENEO_AUTH_PROVIDER_ID", named)
    for provider, client_id in configured.items():
        AuthConfig().set_oidc_client_config(backend.url, provider, client_id)
    asked, request = [], DeviceCode.request

    def note(client: OAuthClient) -> DeviceCode:
        asked.append(client.provider.client_id)
        return request(client)

    monkeypatch.setattr(DeviceCode, "request", note)
    # When
    login = Sessions().open(backend.url).start_login()
    # Then
    assert asked == [client]
    login.cancel()


def test_a_client_configuration_that_others_can_read_is_refused(
    backend: Backend, sessions: Sessions
) -> None:
    # Given
    from openeo.rest.auth.config import AuthConfig

    AuthConfig().set_oidc_client_config(backend.url, "op", "mine", "canary-secret")
    AuthConfig().path.chmod(0o644)
    # When
    session = sessions.open(backend.url)
    # Then
    assert session.problem
    assert session.problem.code == "token_store_not_private"
    assert f"chmod 600 {AuthConfig().path}" in session.problem.todo
    # When
    AuthConfig().path.chmod(0o600)
    AuthConfig().path.write_text("not JSON")
    session.sign_in_silently()
    # Then
    assert session.problem.code == "token_store_unreadable"
    # When
    AuthConfig().path.unlink()
    session.sign_in_silently()
    # Then
    assert session.problem is None


def test_the_openeo_clients_own_settings_start_no_login(
    backend: Backend, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """`auto_authenticate` would wait for a person, and print, in the middle of `open`."""
    # Given
    settings = tmp_path_factory.mktemp("settings") / "openeo-client-config.ini"
    settings.write_text("[Connection]\nauto_authenticate = oidc\n")
    monkeypatch.setenv("OPENEO_CLIENT_CONFIG", str(settings))
    script = (
        "import sys\nfrom jupyter_openeo_artifacts.backends.session_registry import Sessions\n"
        "print(Sessions().open(sys.argv[1]).state)"
    )
    # When / Then
    assert run_python(script, backend.url).strip() == "signed_out"
