"""A whole openEO provider in one process and one child: sign-in, openEO API, S3 with STS."""

from __future__ import annotations

import importlib.util
from contextlib import ExitStack
from typing import TYPE_CHECKING, TypeVar

from jupyter_openeo_artifacts.demo.access_rules import LONGEST_SESSION, ROLE
from jupyter_openeo_artifacts.demo.data_folder import DataFolder
from jupyter_openeo_artifacts.demo.exceptions import DemoPartMissing, PartEnded, PortTaken
from jupyter_openeo_artifacts.demo.ports import LOOPBACK, free_ports, listening_socket
from jupyter_openeo_artifacts.demo.process import Part
from jupyter_openeo_artifacts.demo.storage import REGION, Storage
from jupyter_openeo_artifacts.demo.weed import PORT_NAMES, find_weed

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from jupyter_openeo_artifacts.demo.identity import Identity
    from jupyter_openeo_artifacts.demo.openid.app import OpenIDProvider
    from jupyter_openeo_artifacts.demo.users import DemoUser, ServiceAccount
    from jupyter_openeo_artifacts.demo.web_server import WebServer

_LIBRARIES = ("authlib", "cryptography", "flask", "joserfc", "waitress")
_TRIES = 5

_Part = TypeVar("_Part")


class LocalProvider(Part):
    """A real openEO provider for trying and testing, on 127.0.0.1 only.

    Use it as a context manager, or call `start` and `stop`.

    Parameters
    ----------
    data
        Folder that keeps ports, keys, users, sign-ins and files for the next time; None takes free
        ports and a temporary folder.
    session_seconds
        The longest S3 session, at most 43200. A presigned URL ends with its session.
    access_token_seconds
        How long an access token holds.
    device_code_seconds
        How long a sign-in waits for its person.
    poll_seconds
        How often a program may ask whether the person has decided.
    """

    def __init__(
        self,
        data: Path | None = None,
        session_seconds: int = LONGEST_SESSION,
        access_token_seconds: int = 300,
        *,
        device_code_seconds: int = 600,
        poll_seconds: int = 1,
    ) -> None:
        if not 1 <= session_seconds <= LONGEST_SESSION:
            raise ValueError(f"session_seconds must be from 1 to {LONGEST_SESSION}")
        self._folder = DataFolder(data)
        self._session_seconds = session_seconds
        self._access_token_seconds = access_token_seconds
        self._device_code_seconds = device_code_seconds
        self._poll_seconds = poll_seconds
        self._parts = ExitStack()
        self._identity: Identity | None = None
        self._openid: OpenIDProvider | None = None
        self._storage: Storage | None = None
        self._backend = ""

    def start(self) -> None:
        """Start everything and return when all of it answers; some 4 s.

        Raises
        ------
        DemoPartMissing
            Something is not installed.
        DataFolderUnusable
            The data folder is not ours or cannot be written.
        PortTaken
            A port that the data folder keeps is in use.
        ProviderNotReady
            A part did not start.
        """
        _check_installed()
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End everything; some 3 s. A second call does nothing."""
        if self._storage is not None:
            self._storage.ask_to_stop()
        self._parts.close()
        self._identity = self._openid = self._storage = None

    @property
    def backend(self) -> str:
        """Address of the openEO API, for `openeo.connect`."""
        return self._backend

    @property
    def issuer(self) -> str:
        """Address of the OpenID provider."""
        return self.openid.issuer

    @property
    def s3(self) -> str:
        """Address of the S3 storage."""
        return self.storage.endpoint

    @property
    def sts(self) -> str:
        """Address that hands out S3 sessions for access tokens."""
        return self.storage.endpoint

    @property
    def bucket(self) -> str:
        """The bucket that holds everybody's prefixes."""
        return self.identity.bucket

    @property
    def role(self) -> str:
        """ARN of the role to assume."""
        return ROLE

    @property
    def region(self) -> str:
        """Region to sign for."""
        return REGION

    @property
    def data(self) -> Path:
        """Folder that holds everything of this provider."""
        return self._folder.path

    @property
    def kept(self) -> bool:
        """Whether `data` stays after `stop`."""
        return self._folder.kept

    @property
    def users(self) -> Mapping[str, DemoUser]:
        """Who can sign in, by user name."""
        return {user.login: user for user in self.identity.users}

    @property
    def service(self) -> ServiceAccount:
        """The account that signs in by client credentials."""
        return self.identity.service

    @property
    def identity(self) -> Identity:
        """Keys, ports and people."""
        return _started(self._identity)

    @property
    def openid(self) -> OpenIDProvider:
        """The OpenID provider."""
        return _started(self._openid)

    @property
    def storage(self) -> Storage:
        """The S3 storage; it can be stopped and started alone."""
        return _started(self._storage)

    def approve(self, code_or_address: str, user: str, *, deny: bool = False) -> None:
        """Answer a sign-in as the user of that name, through the approval page."""
        from jupyter_openeo_artifacts.demo.approval import approve

        address = code_or_address
        if "://" not in address:
            address = f"{self.issuer}/device?user_code={code_or_address}"
        approve(address, self.users[user], deny=deny)

    def _start(self) -> None:
        from jupyter_openeo_artifacts.demo.identity import Identity
        from jupyter_openeo_artifacts.demo.openeo_api import openeo_api, s3sts_provider
        from jupyter_openeo_artifacts.demo.openid.app import OpenIDProvider
        from jupyter_openeo_artifacts.demo.web_server import WebServer as Web

        self._folder.open()
        self._parts.callback(self._folder.close)
        identity = self._identity = Identity.load(self._folder)
        kept = identity.ports
        if not kept:
            identity.save(self._folder)  # from now on the folder is known as ours
        sockets = {name: listening_socket(kept.get(name, 0)) for name in ("issuer", "backend")}
        for bound in sockets.values():
            self._parts.callback(bound.close)
        ports = {name: bound.getsockname()[1] for name, bound in sockets.items()}
        addresses = {name: f"http://{LOOPBACK}:{port}" for name, port in ports.items()}

        openid = self._openid = OpenIDProvider(
            identity,
            self._folder,
            issuer=addresses["issuer"],
            access_token_seconds=self._access_token_seconds,
            device_code_seconds=self._device_code_seconds,
            poll_seconds=self._poll_seconds,
        )
        self._serve(Web(openid.app(), sockets["issuer"], name="openid"))
        ports |= self._start_storage(identity, openid)
        api = openeo_api(
            address=addresses["backend"],
            issuer=openid.issuer,
            check=openid.token_check(),
            people={user.subject: user for user in identity.users},
            artifacts=s3sts_provider(
                s3_endpoint=self.s3,
                sts_endpoint=self.sts,
                role=ROLE,
                bucket=identity.bucket,
                region=REGION,
            ),
        )
        self._serve(Web(api, sockets["backend"], name="openeo-api"))
        self._backend = addresses["backend"]
        if not kept:
            identity.ports = ports
            identity.save(self._folder)

    def _serve(self, server: WebServer) -> None:
        self._parts.callback(server.stop)
        server.start()

    def _start_storage(self, identity: Identity, openid: OpenIDProvider) -> dict[str, int]:
        """Start the storage on its kept ports, or on free ones, trying others when they clash."""
        for attempt in range(_TRIES):
            ports = {
                name: identity.ports.get(name, free)
                for name, free in zip(PORT_NAMES, free_ports(len(PORT_NAMES)), strict=True)
            }
            storage = Storage(
                identity,
                self._folder,
                ports=ports,
                issuer=openid.issuer,
                clients=openid.server.clients,
                session_seconds=self._session_seconds,
            )
            try:
                storage.start()
            except (PortTaken, PartEnded):
                if identity.ports or attempt == _TRIES - 1:
                    raise
            else:
                self._storage = storage
                self._parts.callback(storage.stop)
                break
        return ports


def _check_installed() -> None:
    missing = [name for name in _LIBRARIES if importlib.util.find_spec(name) is None]
    if missing:
        raise DemoPartMissing(
            f"The local provider needs {', '.join(missing)}, which is not installed.",
            todo='Install it with `pip install "jupyter-openeo-artifacts[demo]"`.',
        )
    find_weed()


def _started(part: _Part | None) -> _Part:
    if part is None:
        raise RuntimeError("the local provider is not running")
    return part
