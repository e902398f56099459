"""That the demo's storage answers nobody but through S3."""

from __future__ import annotations

import os
import socket
import ssl
import stat
import subprocess

import pytest
import requests
from cryptography import x509

from jupyter_openeo_artifacts.demo import weed
from jupyter_openeo_artifacts.demo.internal_tls import InternalTLS
from tests.servers.provider import TIMEOUT

GRPC = [name for name in weed.PORT_NAMES if name.endswith("-grpc")]
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00"
"""How a gRPC client begins: HTTP/2's preface and empty SETTINGS (RFC 9113, section 3.4)."""
FOREIGN = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}


@pytest.fixture
def own(provider):
    """The files that the storage's parts show each other."""
    folder = provider.data / "storage" / "tls"
    return InternalTLS(folder / "authority.pem", folder / "part.pem", folder / "part.key")


@pytest.fixture
def stored(provider):
    """The key of a file in the bucket."""
    key = f"{provider.users['alice'].prefix}/demo/inner.txt"
    provider.storage.administrator().put_object(Bucket=provider.bucket, Key=key, Body=b"inner")
    return key


def context(own=None):
    """Trust anybody, and show the storage's own certificate or none."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname, made.verify_mode = False, ssl.CERT_NONE
    made.set_alpn_protocols(["h2"])
    if own is not None:
        made.load_cert_chain(own.certificate, own.key)
    return made


def spoken(port, tls):
    """Return what a port says to the beginning of a gRPC call; nothing where it hangs up."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT) as line:
            line = tls.wrap_socket(line) if tls else line  # noqa: PLW2901
            line.sendall(PREFACE)
            return line.recv(100)
    except (ssl.SSLError, ConnectionError):
        return b""


@pytest.mark.parametrize("name", GRPC)
def test_a_stranger_gets_no_word_out_of_a_grpc_port(provider, own, name):
    # Given
    port = provider.identity.ports[name]

    # When, Then
    assert spoken(port, None) == b""
    assert spoken(port, context()) == b""
    assert spoken(port, context(own))  # its own parts do


def test_a_strangers_shell_lists_nothing(provider, tmp_path):
    # Given
    ports = provider.identity.ports
    addresses = {
        part: f"127.0.0.1:{ports[part]}.{ports[f'{part}-grpc']}" for part in ("master", "filer")
    }
    command = [
        str(weed.find_weed()),
        "shell",
        *(f"-{part}={address}" for part, address in addresses.items()),
    ]
    files = provider.data / "storage" / "tls"
    known = InternalTLS(files / "authority.pem", files / "part.pem", files / "part.key")

    def shell(environment):
        process = subprocess.Popen(
            command,
            cwd=tmp_path,
            env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        process.stdin.write(b"s3.bucket.list\nexit\n")
        process.stdin.close()
        process.stdin = None
        return process

    # When a stranger begins first, and one who has the certificate has been answered
    stranger = shell({})
    try:
        answered, _ = shell(weed.environment(tmp_path, "", known)).communicate(timeout=60)
    finally:
        stranger.kill()
    said, _ = stranger.communicate(timeout=60)

    # Then
    assert provider.bucket.encode() in answered
    assert provider.bucket.encode() not in said


@pytest.mark.parametrize(
    "path", ["/col/delete?collection={}", "/dir/assign?collection={}", "/vol/grow?collection={}"]
)
def test_a_web_page_cannot_command_the_master(provider, stored, path):
    # Given
    address = f"//127.0.0.1:{provider.identity.ports['master']}{path.format(provider.bucket)}"

    # When
    plain = requests.get(f"http:{address}", headers=FOREIGN, timeout=TIMEOUT)
    with pytest.raises(requests.ConnectionError), pytest.warns(match="Unverified HTTPS"):
        requests.get(f"https:{address}", headers=FOREIGN, timeout=TIMEOUT, verify=False)

    # Then
    assert plain.status_code == 400
    found = provider.storage.administrator().get_object(Bucket=provider.bucket, Key=stored)
    assert found["Body"].read() == b"inner"


def test_the_master_answers_who_shows_the_certificate(provider, own):
    # When
    answer = requests.get(
        f"https://127.0.0.1:{provider.identity.ports['master']}/dir/status",
        cert=(str(own.certificate), str(own.key)),
        verify=str(own.authority),
        timeout=TIMEOUT,
    )

    # Then
    assert answer.status_code == 200


def test_files_are_private_and_new_at_each_start(tmp_path):
    # Given
    first = InternalTLS.create(tmp_path)
    before = first.certificate.read_bytes()

    # When
    second = InternalTLS.create(tmp_path)

    # Then
    assert second == first
    assert second.certificate.read_bytes() != before
    assert {stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()} == {0o600}
    certificate = x509.load_pem_x509_certificate(second.certificate.read_bytes())
    authority = x509.load_pem_x509_certificate(second.authority.read_bytes())
    certificate.verify_directly_issued_by(authority)
