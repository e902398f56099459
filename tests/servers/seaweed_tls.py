"""The local provider's storage once more, by https: S3 and STS under a certificate of a test's own.

Over https boto3 sends checksums as trailers of a chunked body, if it is let; over http never.
"""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.demo.data_folder import DataFolder
from jupyter_openeo_artifacts.demo.exceptions import PartEnded, PortTaken
from jupyter_openeo_artifacts.demo.openeo_api import s3sts_provider
from jupyter_openeo_artifacts.demo.ports import LOOPBACK, free_ports
from jupyter_openeo_artifacts.demo.storage import Storage
from jupyter_openeo_artifacts.demo.weed import PORT_NAMES
from tests.servers.provider import other_backend

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_openeo_artifacts.demo import LocalProvider
    from tests.servers.certificates import Certificates

_TRIES = 3


class _EncryptedStorage(Storage):
    """SeaweedFS that listens for https, too."""

    certificates: Certificates
    https_port: int

    def _arguments(self) -> list[str]:
        return [
            *super()._arguments(),
            f"-s3.port.https={self.https_port}",
            f"-s3.cert.file={self.certificates.certificate}",
            f"-s3.key.file={self.certificates.key}",
        ]


@contextmanager
def seaweed_by_https(provider: LocalProvider, certificates: Certificates) -> Iterator[str]:
    """Run such a storage; yields the address of a backend that advertises it for `provider`."""
    with ExitStack() as stack:
        folder = DataFolder()
        folder.open()
        stack.callback(folder.close)
        storage = _started(provider, certificates, folder)
        stack.callback(storage.stop)
        address = f"https://{LOOPBACK}:{storage.https_port}"
        artifacts = s3sts_provider(
            s3_endpoint=address,
            sts_endpoint=address,
            role=provider.role,
            bucket=provider.bucket,
            region=provider.region,
        )
        yield stack.enter_context(other_backend(provider, artifacts))


def _started(
    provider: LocalProvider, certificates: Certificates, folder: DataFolder
) -> _EncryptedStorage:
    for attempt in range(1, _TRIES + 1):
        *ports, https_port = free_ports(len(PORT_NAMES) + 1)
        storage = _EncryptedStorage(
            provider.identity,
            folder,
            ports=dict(zip(PORT_NAMES, ports, strict=True)),
            issuer=provider.issuer,
            clients=provider.openid.server.clients,
            session_seconds=43_200,
        )
        storage.certificates, storage.https_port = certificates, https_port
        try:
            storage.start()
        except (PortTaken, PartEnded):  # somebody else took a port that was free
            if attempt == _TRIES:
                raise
        else:
            return storage
    raise AssertionError
