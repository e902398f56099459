"""The local provider for tests: one for the whole run, and what tests often do with it.

A pytest plugin, loaded by tests/conftest.py: take the fixture `provider`. The rest is imported::

    from tests.servers.provider import connected, s3_client
"""

from __future__ import annotations

import secrets
import signal
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import psutil
import pytest
import requests

from jupyter_openeo_artifacts.demo import LocalProvider

if TYPE_CHECKING:
    from collections.abc import Iterator

    import openeo

DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
CLIENT = "openeo-demo"
TIMEOUT = 10


@pytest.fixture(scope="session")
def provider() -> Iterator[LocalProvider]:
    """Yield a running provider; leave it running and its users' prefixes usable."""
    with LocalProvider() as running:
        yield running


def begin_device_flow(provider: LocalProvider, **more: str) -> dict[str, Any]:
    """Ask for a device code; the answer holds the `code_verifier` that belongs to it too."""
    from authlib.oauth2.rfc7636 import create_s256_code_challenge

    verifier = secrets.token_urlsafe(48)
    asked = {
        "client_id": CLIENT,
        "scope": "openid profile email offline_access",
        "code_challenge": create_s256_code_challenge(verifier),
        "code_challenge_method": "S256",
    }
    answer = requests.post(f"{provider.issuer}/device/code", data=asked | more, timeout=TIMEOUT)
    answer.raise_for_status()
    return answer.json() | {"code_verifier": verifier}


def poll(provider: LocalProvider, flow: dict[str, Any], **changed: str) -> requests.Response:
    """Ask once for the tokens of a device flow."""
    asked = {
        "grant_type": DEVICE_GRANT,
        "client_id": CLIENT,
        "device_code": flow["device_code"],
        "code_verifier": flow["code_verifier"],
    }
    return requests.post(f"{provider.issuer}/token", data=asked | changed, timeout=TIMEOUT)


def tokens(provider: LocalProvider, user: str = "alice") -> dict[str, Any]:
    """Sign in and return the token endpoint's answer."""
    flow = begin_device_flow(provider)
    provider.approve(flow["verification_uri_complete"], user)
    answer = poll(provider, flow)
    answer.raise_for_status()
    return dict(answer.json())


def connected(provider: LocalProvider, user: str = "alice") -> openeo.Connection:
    """Return a connection of the openEO client, signed in without its token store."""
    import openeo

    connection = openeo.connect(provider.backend)
    connection.authenticate_oidc_access_token(tokens(provider, user)["access_token"])
    return connection


def approve_soon(provider: LocalProvider, user: str, address: str) -> threading.Thread:
    """Approve in another thread, for code that waits in this one."""
    thread = threading.Thread(target=provider.approve, args=(address, user))
    thread.start()
    return thread


def assume_role(provider: LocalProvider, access_token: str, seconds: int = 900) -> dict[str, Any]:
    """Exchange an access token for an S3 session; the STS answer."""
    import boto3
    from botocore import UNSIGNED
    from botocore.config import Config

    sts = boto3.client(
        "sts",
        endpoint_url=provider.sts,
        region_name=provider.region,
        config=Config(signature_version=UNSIGNED, retries={"total_max_attempts": 1}),
    )
    return dict(
        sts.assume_role_with_web_identity(
            RoleArn=provider.role,
            RoleSessionName="test",
            WebIdentityToken=access_token,
            DurationSeconds=seconds,
        )
    )


def s3_client(provider: LocalProvider, user: str = "alice", seconds: int = 900) -> Any:
    """Return an S3 client with a session of that user."""
    import boto3
    from botocore.config import Config

    session = assume_role(provider, tokens(provider, user)["access_token"], seconds)["Credentials"]
    return boto3.client(
        "s3",
        endpoint_url=provider.s3,
        region_name=provider.region,
        aws_access_key_id=session["AccessKeyId"],
        aws_secret_access_key=session["SecretAccessKey"],
        aws_session_token=session["SessionToken"],
        config=Config(
            signature_version="s3v4",
            s3={"addressing_style": "path"},
            retries={"total_max_attempts": 1},
        ),
    )


def sign_token(provider: LocalProvider, *, typ: str = "at+jwt", **claims: Any) -> str:
    """Sign an access token with the provider's own key; a claim of None is left out."""
    user = provider.users["alice"]
    now = int(time.time())
    usual = {
        "iss": provider.issuer,
        "sub": user.subject,
        "aud": "openeo-demo",
        "azp": CLIENT,
        "client_id": CLIENT,
        "iat": now,
        "exp": now + 300,
        "scope": "openid",
        "artifact_prefix": user.prefix,
    }
    wanted = {name: value for name, value in (usual | claims).items() if value is not None}
    return provider.identity.signing_key.sign(wanted, typ=typ)


@contextmanager
def other_backend(provider: LocalProvider, artifacts: Any) -> Iterator[str]:
    """Serve a second openEO API with the same sign-in; yields its address.

    Parameters
    ----------
    artifacts
        What its capabilities say under "artifacts"; None for a backend without.
    """
    from jupyter_openeo_artifacts.demo.openeo_api import openeo_api
    from jupyter_openeo_artifacts.demo.ports import listening_socket
    from jupyter_openeo_artifacts.demo.web_server import WebServer

    bound = listening_socket()
    address = f"http://127.0.0.1:{bound.getsockname()[1]}"
    app = openeo_api(
        address=address,
        issuer=provider.issuer,
        check=provider.openid.token_check(),
        people={user.subject: user for user in provider.users.values()},
        artifacts=artifacts,
    )
    server = WebServer(app, bound, name="other-backend")
    server.start()
    try:
        yield address
    finally:
        server.stop()


@contextmanager
def storage_down(provider: LocalProvider) -> Iterator[None]:
    """Take the storage away for a while, on the same port; what it held comes back."""
    provider.storage.stop()
    try:
        yield
    finally:
        provider.storage.start()


def pause_storage(provider: LocalProvider) -> None:
    """Have the storage answer nothing more, with its connections open, until it is resumed."""
    _signal_storage(provider, signal.SIGSTOP)


def resume_storage(provider: LocalProvider) -> None:
    """Have a paused storage answer again; no harm where it was not paused."""
    _signal_storage(provider, signal.SIGCONT)


def _signal_storage(provider: LocalProvider, number: signal.Signals) -> None:
    guard = psutil.Process(provider.storage.pid)
    for child in guard.children(recursive=True):
        child.send_signal(number)


def abort_all(provider: LocalProvider) -> None:
    """Take away every unfinished upload, for tests that leave some on purpose."""
    client = provider.storage.administrator()
    for each in client.list_multipart_uploads(Bucket=provider.bucket).get("Uploads", []):
        client.abort_multipart_upload(
            Bucket=provider.bucket, Key=each["Key"], UploadId=each["UploadId"]
        )
