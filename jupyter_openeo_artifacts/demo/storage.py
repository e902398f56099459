"""Real S3 and STS: one SeaweedFS process on the loopback interface."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from jupyter_openeo_artifacts.demo import weed
from jupyter_openeo_artifacts.demo.access_rules import access_rules
from jupyter_openeo_artifacts.demo.exceptions import PartEnded, ProviderNotReady
from jupyter_openeo_artifacts.demo.internal_tls import InternalTLS
from jupyter_openeo_artifacts.demo.ports import LOOPBACK, check_free
from jupyter_openeo_artifacts.demo.process import ChildProcess

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jupyter_openeo_artifacts.demo.data_folder import DataFolder
    from jupyter_openeo_artifacts.demo.identity import Identity

REGION = "us-east-1"
"""SeaweedFS takes any region; a client without a better idea uses this one."""

_START_SECONDS = 60.0  # some 3 are usual
# On SIGTERM it takes 26 s to leave; it loses nothing when killed, and nobody misses what a
# temporary folder holds.
_GRACE_SECONDS = 3.0


class Storage:
    """SeaweedFS with one bucket and one role.

    Parameters
    ----------
    ports
        A port for each of `weed.PORT_NAMES`.
    clients
        OpenID clients whose tokens are taken.
    session_seconds
        The longest session that STS hands out.
    """

    def __init__(
        self,
        identity: Identity,
        folder: DataFolder,
        *,
        ports: Mapping[str, int],
        issuer: str,
        clients: Sequence[str],
        session_seconds: int,
    ) -> None:
        self._identity = identity
        self._folder = folder
        self._ports = dict(ports)
        self._issuer = issuer
        self._clients = list(clients)
        self._session_seconds = session_seconds
        self._process: ChildProcess | None = None

    @property
    def endpoint(self) -> str:
        """Where both S3 and STS answer."""
        return f"http://{LOOPBACK}:{self._ports['s3']}"

    @property
    def pid(self) -> int | None:
        """The process id of what guards it; None where it does not run."""
        return None if self._process is None else self._process.pid

    def start(self) -> None:
        """Start it and wait until the bucket takes a file.

        Raises
        ------
        DemoPartMissing
            `weed` is not installed.
        PortTaken
            One of its ports is in use.
        ProviderNotReady
            It did not answer in time, or (PartEnded) ended.
        """
        program = weed.find_weed()
        for name in weed.PORT_NAMES:
            check_free(self._ports[name])
        home = self._folder.folder("storage")
        tls = InternalTLS.create(self._folder.folder("storage/tls"))
        internal_key = self._identity.storage_secrets["internal_key"]
        self._process = ChildProcess(
            [str(program), *self._arguments()],
            folder=home,
            log=home / "log.txt",
            environment=weed.environment(home, internal_key, tls),
            grace=_GRACE_SECONDS if self._folder.kept else 0.0,
        )
        self._process.start()
        try:
            self._wait()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End it; takes up to 3 s. What it stored stays for the next `start`."""
        if self._process is not None:
            self._process.stop()
            self._process = None
            weed.remove_sockets(self._ports)

    def ask_to_stop(self) -> None:
        """Begin its end and return at once."""
        if self._process is not None:
            self._process.ask_to_stop()

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self._process is not None and self._process.running

    def last_words(self) -> str:
        """Return the last lines of its log."""
        return self._process.last_words() if self._process is not None else ""

    def administrator(self) -> Any:
        """Return an S3 client that may do everything, for setting up and for tests.

        It reads no AWS settings and no proxy of the person's.
        """
        from botocore.config import Config
        from botocore.session import Session

        from jupyter_openeo_artifacts.s3.client import data_loader

        variables = {
            name: (None, None, default, convert)
            for name, (_, _, default, convert) in Session.SESSION_VARIABLES.items()
        }
        variables["config_file"] = variables["credentials_file"] = (None, None, "", None)
        secrets = self._identity.storage_secrets
        session = Session(session_vars=variables)
        session.register_component("data_loader", data_loader())
        return session.create_client(
            "s3",
            endpoint_url=self.endpoint,
            region_name=REGION,
            aws_access_key_id=secrets["access_key"],
            aws_secret_access_key=secrets["secret_key"],
            config=Config(
                signature_version="s3v4",
                s3={"addressing_style": "path"},
                proxies={},
                retries={"total_max_attempts": 1},
                connect_timeout=2,
                read_timeout=10,
            ),
        )

    def _wait(self) -> None:
        from botocore.exceptions import BotoCoreError, ClientError

        client = self.administrator()
        bucket, key = self._identity.bucket, "ready"
        end = time.monotonic() + _START_SECONDS
        while True:
            try:
                if bucket not in {one["Name"] for one in client.list_buckets()["Buckets"]}:
                    client.create_bucket(Bucket=bucket)
                # Volumes are made on the first write; later ones are then at full speed.
                client.put_object(Bucket=bucket, Key=key, Body=b"1")
                client.delete_object(Bucket=bucket, Key=key)
            except (BotoCoreError, ClientError) as error:
                if not self.running:
                    raise PartEnded(
                        f"The storage (SeaweedFS) ended: {self.last_words()}",
                        todo="Try again; if it stays so, report these lines.",
                    ) from error
                if time.monotonic() > end:
                    raise ProviderNotReady(
                        f"The storage (SeaweedFS) did not answer in {_START_SECONDS:.0f} s: "
                        f"{self.last_words()}",
                        todo="Try again when this computer has less to do.",
                    ) from error
                time.sleep(0.1)
            else:
                return

    def _arguments(self) -> list[str]:
        secrets = self._identity.storage_secrets
        keys = {"accessKey": secrets["access_key"], "secretKey": secrets["secret_key"]}
        actions = ["Admin", "Read", "List", "Tagging", "Write"]
        administrator = {"name": "administrator", "credentials": [keys], "actions": actions}
        rules = access_rules(
            issuer=self._issuer,
            clients=self._clients,
            bucket=self._identity.bucket,
            session_key=secrets["session_key"],
            session_seconds=self._session_seconds,
        )
        return weed.arguments(
            ports=self._ports,
            volumes=self._folder.folder("storage/volumes"),
            identities=self._folder.write("storage-s3.json", {"identities": [administrator]}),
            access_rules=self._folder.write("storage-iam.json", rules),
        )
