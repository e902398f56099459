"""A whole Ceph on loopback: one monitor, one store (OSD), one S3 gateway (RGW) with STS."""

from __future__ import annotations

import socket
import subprocess
import time
import uuid
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.demo.ports import LOOPBACK, free_ports
from jupyter_openeo_artifacts.demo.process import ChildProcess

if TYPE_CHECKING:
    from pathlib import Path

    from tests.servers.ceph_packages import CephPrograms
    from tests.servers.certificates import Certificates

KEYS = ("AKTEST", "SKTEST")
SECONDS = 120.0  # to start; some 10 are usual
_RIGHTS = ("roles", "oidc-provider", "users", "buckets", "user-policy")


class CephFailed(Exception):
    """A part of Ceph did not do as it was told; the text has its last words."""


@dataclass
class CephCluster:
    """One cluster in `folder`, with free ports of its own.

    Attributes
    ----------
    http, https
        Addresses of S3, IAM and STS, once it has started.
    """

    programs: CephPrograms
    folder: Path
    certificates: Certificates
    http: str = ""
    https: str = ""
    _parts: list[ChildProcess] = field(default_factory=list)

    def start(self) -> None:
        """Start a new, empty cluster, and return when it answers.

        Raises
        ------
        CephFailed
            It did not.
        """
        monitor, plain, encrypted = free_ports(3)
        self.http = f"http://{LOOPBACK}:{plain}"
        self.https = f"https://{LOOPBACK}:{encrypted}"
        for name in ("mon", "osd", "rgw", "run"):
            (self.folder / name).mkdir()
        cluster = str(uuid.uuid4())
        tls = self.certificates
        (self.folder / "ceph.conf").write_text(
            _CONFIGURATION.format(
                cluster=cluster,
                monitor=monitor,
                here=self.folder,
                frontends=f"beast endpoint={LOOPBACK}:{plain} ssl_endpoint={LOOPBACK}:{encrypted}"
                f" ssl_certificate={tls.certificate} ssl_private_key={tls.key}",
                plugins=self.programs.library("ceph"),
                erasure=self.programs.library("ceph/erasure-code"),
                classes=self.programs.library("rados-classes"),
            )
        )
        try:
            self._start(cluster, monitor, plain)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End everything at once: what it holds is not needed any more."""
        for part in reversed(self._parts):
            part.ask_to_stop()
        for part in reversed(self._parts):
            part.stop()
        self._parts.clear()

    def _start(self, cluster: str, monitor: int, gateway: int) -> None:
        address = f"[v2:{LOOPBACK}:{monitor}]"
        plan = str(self.folder / "monmap")
        self._run("monmaptool", "--create", "--addv", "a", address, "--fsid", cluster, plan)
        self._run("ceph-mon", "--mkfs", "-i", "a", "--monmap", plan)
        self._serve("ceph-mon", "-i", "a")
        store = str(uuid.uuid4())
        self._run("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", store)
        self._run("ceph", "--connect-timeout", "60", "osd", "new", store, "0")
        self._serve("ceph-osd", "-i", "0")
        rgw = self._serve("radosgw", "-n", "client.rgw")
        _wait_for(gateway, rgw)
        self._run(
            *("radosgw-admin", "-n", "client.rgw", "user", "create", "--uid=admin"),
            *("--display-name=admin", f"--access-key={KEYS[0]}", f"--secret-key={KEYS[1]}"),
            f"--caps={';'.join(f'{right}=*' for right in _RIGHTS)}",
        )

    def _serve(self, program: str, *arguments: str) -> ChildProcess:
        part = ChildProcess(
            [self.programs.find(program), "-f", *arguments, *self._configured],
            folder=self.folder,
            log=self.folder / f"{program}.log",
            environment=self.programs.environment(),
            grace=0.0,
        )
        self._parts.append(part)
        part.start()
        return part

    def _run(self, program: str, *arguments: str) -> None:
        found = self.programs.find(program)
        command = self.programs.command_line() if program == "ceph" else [found]
        configured = () if program == "monmaptool" else self._configured
        try:
            subprocess.run(
                [*command, *configured, *arguments],
                cwd=self.folder,
                env=self.programs.environment(),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=SECONDS,
                check=True,
            )
        except subprocess.CalledProcessError as error:
            raise CephFailed(f"{program}: {error.stderr[-1000:]}") from error

    @property
    def _configured(self) -> tuple[str, str]:
        return "-c", str(self.folder / "ceph.conf")


def _wait_for(port: int, part: ChildProcess) -> None:
    end = time.monotonic() + SECONDS
    while part.running and time.monotonic() < end:
        with suppress(OSError):
            socket.create_connection((LOOPBACK, port), timeout=1).close()
            return
        time.sleep(0.1)
    raise CephFailed(f"radosgw: {part.last_words()}")


# Why, where it is not plain:
# - `ms mon client mode`: radosgw wants "secure", for which there are no keys without cephx.
# - `paxos …`: each of some fifteen changes of the maps else waits a second.
# - `… dir`: the packages are not where they would be installed.
# - `rgw sts min session duration`: tests have sessions that end soon.
_CONFIGURATION = """
[global]
fsid = {cluster}
mon host = v2:127.0.0.1:{monitor}
mon initial members = a
auth cluster required = none
auth service required = none
auth client required = none
ms mon client mode = crc
public addr = 127.0.0.1
cluster addr = 127.0.0.1
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pgp num = 1
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon max pg per osd = 1000
paxos propose interval = 0.05
paxos min wait = 0.01
run dir = {here}/run
admin socket =
pid file =
log file =
log to stderr = true
err to stderr = true
mon cluster log file =
crash dir = {here}/run
erasure code dir = {erasure}
plugin dir = {plugins}
osd class dir = {classes}
[mon]
mon data = {here}/mon
mon data avail crit = 1
mon data avail warn = 2
[osd]
osd data = {here}/osd
osd objectstore = bluestore
bluestore block size = 8G
bluestore fsck on mount = false
osd memory target = 939524096
[client.rgw]
rgw frontends = {frontends}
rgw data = {here}/rgw
rgw sts key = abcdefghijklmnop
rgw sts min session duration = 1
rgw s3 auth use sts = true
rgw enable usage log = false
"""
