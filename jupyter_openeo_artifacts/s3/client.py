"""botocore clients for S3 and STS, quiet and without their large data files."""

from __future__ import annotations

import logging
import os
import socket
from datetime import datetime, timezone
from functools import cache, partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from botocore.loaders import Loader

from jupyter_openeo_artifacts.s3.connection_pool import ConnectionPool
from jupyter_openeo_artifacts.s3.fast_put import FastPut
from jupyter_openeo_artifacts.s3.object_client import ObjectClient
from jupyter_openeo_artifacts.s3.response_hooks import parse_plainly
from jupyter_openeo_artifacts.s3.signing import RequestSigner, sign_requests

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client
    from mypy_boto3_sts.client import STSClient

    from jupyter_openeo_artifacts.s3.credentials import Credentials
    from jupyter_openeo_artifacts.s3.server_clock import ServerClock
    from jupyter_openeo_artifacts.s3.settings import Storage


CONNECT_SECONDS, READ_SECONDS = 10, 60
"""Until a storage that does not answer is given up, for one request."""

_POOL = 32


def s3_client(storage: Storage, credentials: Credentials, clock: ServerClock) -> ObjectClient:
    """Return an S3 client: path style, SigV4, no retries (the transfer engine has its own)."""
    from botocore.credentials import CredentialResolver

    session = _isolated_session()
    session.register_component("credential_provider", CredentialResolver([]))  # `signer` signs
    trailers = storage.is_feature_enabled("checksum-via-trailers")
    client: S3Client = session.create_client(
        "s3",
        region_name=storage.region,
        endpoint_url=storage.s3_endpoint,
        config=_config(
            signature_version="s3v4",
            s3={"addressing_style": "path"},
            request_checksum_calculation="when_supported" if trailers else "when_required",
            response_checksum_validation="when_required",
            max_pool_connections=_POOL,
        ),
    )
    trace = {"X-Request-ID": storage.trace_id} if storage.traced else {}
    if trace:

        def add_trace(request: Any, **_: Any) -> None:
            request.headers["X-Request-ID"] = storage.trace_id

        client.meta.events.register("before-sign.s3", add_trace)
    _bound_answers(client, storage.s3_endpoint, storage, connections=_POOL)
    sign_requests(client, storage=storage, credentials=credentials, clock=clock)
    parse_plainly(client)
    clock.listen(client)
    if trailers:
        return ObjectClient(client)
    endpoint, public_only = storage.s3_endpoint, storage.public_only
    made = partial(
        FastPut,
        client,
        http=http_session(endpoint, connections=_POOL, public_only=public_only),
        lean=_connection_pool(endpoint, public_only=public_only),
        signer=RequestSigner(storage.region, credentials, clock),
        always=trace,
    )
    return ObjectClient(client, put=made("PutObject"), part=made("UploadPart"))


def _time_or_none(told: Any) -> datetime | None:
    """Return a time of an answer; None where it is none that can be read."""
    from botocore.utils import parse_timestamp

    try:
        found: datetime = parse_timestamp(told)
        return found.astimezone(timezone.utc)
    except (ValueError, TypeError, OverflowError, RuntimeError):
        return None


def sts_client(storage: Storage, clock: ServerClock) -> STSClient:
    """Return an STS client for the one call that needs no signature."""
    from botocore import UNSIGNED

    client: STSClient = _isolated_session().create_client(
        "sts",
        region_name=storage.region,
        endpoint_url=storage.sts_endpoint,
        # What the backend advertises is for the STS to judge: its answer is explained.
        config=_config(signature_version=UNSIGNED, parameter_validation=False),
    )
    _bound_answers(client, storage.sts_endpoint, storage)
    clock.listen(client)
    return client


def _bound_answers(client: Any, url: str, storage: Storage, *, connections: int = 10) -> None:
    """Give a new client a session whose answers end, in place of the one that botocore made.

    botocore's sessions take no class of HTTP sessions; an endpoint's is a public attribute.
    """
    endpoint = client._endpoint  # noqa: SLF001
    endpoint.close()
    endpoint.http_session = http_session(
        url, connections=connections, public_only=storage.public_only
    )


def http_session(url: str, *, connections: int = 1, public_only: bool = False) -> Any:
    """Return what sends requests to `url` by the proxies and certificates of our clients.

    It keeps so many connections for the next request, to public addresses only if that is wanted.
    """
    from botocore.utils import get_environ_proxies

    from jupyter_openeo_artifacts.s3.bounded_session import BoundedHTTPSession

    options: dict[str, Any] = {
        "verify": _trusted(),
        "proxies": get_environ_proxies(url),
        "timeout": (CONNECT_SECONDS, READ_SECONDS),
        "max_pool_connections": connections,
        # As botocore's own clients have it: else the end of a body waits for its begin's ACK.
        "socket_options": [(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)],
    }
    return BoundedHTTPSession(public_only=public_only, **options)


def _connection_pool(url: str, *, public_only: bool) -> ConnectionPool | None:
    """Return what sends bodies to `url`; None where a proxy is on the way."""
    from botocore.httpsession import get_cert_path
    from botocore.utils import get_environ_proxies

    if get_environ_proxies(url):
        return None
    trusted = _trusted()
    return ConnectionPool(
        url,
        connections=_POOL,
        ca_bundle=trusted if isinstance(trusted, str) else get_cert_path(trusted),
        connect_seconds=CONNECT_SECONDS,
        read_seconds=READ_SECONDS,
        public_only=public_only,
    )


def _trusted() -> str | bool:
    """Return the file of the certificate authorities to trust; true is botocore's own."""
    return os.environ.get("AWS_CA_BUNDLE") or os.environ.get("REQUESTS_CA_BUNDLE") or True


def _isolated_session() -> Any:
    """Return a botocore session that reads no AWS_* variable and no profile, but for AWS_CA_BUNDLE.

    Proxy variables and REQUESTS_CA_BUNDLE are honoured further down, by botocore's HTTP session.
    """
    from botocore.session import Session

    _hush()
    variables = {
        name: (None, None, default, convert)
        for name, (_, _, default, convert) in Session.SESSION_VARIABLES.items()
        if name != "ca_bundle"
    }
    variables["config_file"] = variables["credentials_file"] = (None, None, "", None)
    session = Session(session_vars=variables)
    session.register_component("data_loader", data_loader())
    answers = session.get_component("response_parser_factory")
    answers.set_parser_defaults(timestamp_parser=_time_or_none)
    return session


@cache
def data_loader() -> Loader:
    """Return what loads botocore's data, once for all our clients: it is 2 MB of JSON."""
    return EmptyEndpointLoader()


def _hush() -> None:
    """Keep botocore from writing tokens to a log of which somebody set the root to DEBUG.

    Its own debug lines hold whole requests. Who asks for them by name still gets them.
    """
    logger = logging.getLogger("botocore")
    if logger.level == logging.NOTSET:
        logger.setLevel(logging.INFO)
    lines = logging.getLogger("urllib3.connectionpool")  # one for each request, with its address
    if not any(isinstance(each, _NoLinks) for each in lines.filters):
        lines.addFilter(_NoLinks())
        logging.getLogger("urllib3.connection").addFilter(_HostsOnly())


class _NoLinks(logging.Filter):
    """Keeps presigned URLs out of a log."""

    def filter(self, record: logging.LogRecord) -> bool:
        return "X-Amz-Signature" not in record.getMessage()


class _HostsOnly(logging.Filter):
    """Keeps of URLs in a log no more than the host: a broken answer is warned of with all of it."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(
                urlsplit(each)._replace(path="", query="", fragment="").geturl()
                if isinstance(each, str) and each.startswith(("http://", "https://"))
                else each
                for each in record.args
            )
            record.exc_info = None  # its own words may have the address, too
        return True


def _config(**options: Any) -> Any:
    from botocore.config import Config

    return Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries={"total_max_attempts": 1, "mode": "standard"},
        user_agent_extra="jupyter-openeo-artifacts",
        **options,
    )


_NAME = "endpoints"

_NONE = {
    "version": 3,
    "partitions": [
        {
            "partition": "aws",
            "dnsSuffix": "amazonaws.com",
            "regionRegex": "^$",  # of no region: where one is asked for, the client's own is taken
            "regions": {},
            "services": {
                # botocore asks without a region where that is us-east-1.
                "s3": {
                    "partitionEndpoint": "aws-global",
                    "endpoints": {"aws-global": {"credentialScope": {"region": "us-east-1"}}},
                },
            },
            "defaults": {
                "hostname": "{service}.{region}.{dnsSuffix}",
                "protocols": ["https"],
                "signatureVersions": ["v4"],
            },
        }
    ],
}


class EmptyEndpointLoader(Loader):
    """Loads what botocore does; the table, 1.2 MB of JSON, takes 7 MiB of memory once it is read.

    For clients that are made with an `endpoint_url`.
    """

    def load_data_with_path(self, name: str) -> tuple[Any, str]:
        """Return some of botocore's data, and where it lies; see `Loader.load_data_with_path`."""
        if name == _NAME:
            return _NONE, os.path.join(self.BUILTIN_DATA_PATH, _NAME)  # noqa: PTH118  as botocore
        found: tuple[Any, str] = super().load_data_with_path(name)
        return found
