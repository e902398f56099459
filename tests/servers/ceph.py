"""An openEO provider whose storage is Ceph: a second, independent S3 and STS beside SeaweedFS.

A pytest plugin, loaded by tests/conftest.py: take the fixture `ceph`. A test that does is slow,
has the time that Ceph needs to start, and is skipped where Ceph cannot be had (it comes from
Debian's packages, see ceph_packages.py). Functions of provider.py that sign in take it as well::

    helper = build_artifact_helper(connected(ceph, "alice"), provider="alice")
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tests.servers.ceph_cluster import CephCluster, CephFailed
from tests.servers.ceph_packages import ceph_programs
from tests.servers.ceph_roles import BUCKET, REGION, administrator, role, set_up
from tests.servers.certificates import make_certificates
from tests.servers.debian_packages import PackagesMissing
from tests.servers.provider import other_backend

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from jupyter_openeo_artifacts.demo import LocalProvider
    from jupyter_openeo_artifacts.demo.users import DemoUser

START_SECONDS = 300
ON_CEPH = [pytest.mark.slow, pytest.mark.timeout(START_SECONDS)]
"""What a test that takes `ceph` is marked with; to be used where it asks for it by name."""

_TRIES = 3


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if {"ceph", "ceph_cluster"} & {*getattr(item, "fixturenames", ())}:
            for mark in ON_CEPH:
                item.add_marker(mark)


@dataclass(frozen=True)
class CephProvider:
    """A running provider; who signs in, and where, is as at `signing_in`.

    Its backend advertises one entry a role, since Ceph's policies know no variables: "alice" and
    "bob" for that user's folder, "alice-hour" with sessions of an hour at most, and "alice-tls",
    "bob-tls" for the same storage by https, which needs trust in `authority`.
    """

    signing_in: LocalProvider
    backend: str
    cluster: CephCluster
    release: int

    region = REGION
    bucket = BUCKET

    @property
    def s3(self) -> str:
        """Address of S3."""
        return self.cluster.http

    sts = s3

    @property
    def s3_tls(self) -> str:
        """Address of S3 and STS by https."""
        return self.cluster.https

    @property
    def authority(self) -> Path:
        """The certificate authority to trust for https."""
        return self.cluster.certificates.authority

    @property
    def issuer(self) -> str:
        """Address of the OpenID provider."""
        return self.signing_in.issuer

    @property
    def identity(self) -> Any:
        """Keys and people, as of `LocalProvider`."""
        return self.signing_in.identity

    @property
    def users(self) -> Mapping[str, DemoUser]:
        """Who can sign in."""
        return self.signing_in.users

    @property
    def role(self) -> str:
        """ARN of Alice's role."""
        return role("alice")

    def approve(self, code_or_address: str, user: str) -> None:
        """Answer a sign-in."""
        self.signing_in.approve(code_or_address, user)

    def administrator(self, service: str = "s3") -> Any:
        """Return a client that may do everything: of S3, or of "iam"."""
        return administrator(self.cluster.http, service)


@pytest.fixture(scope="session")
def ceph(provider: LocalProvider, ceph_cluster: CephCluster) -> Iterator[CephProvider]:
    """Yield a running provider with Ceph; leave its roles and its bucket as they are."""
    set_up(ceph_cluster.http, provider)
    with other_backend(provider, advertised(ceph_cluster)) as backend:
        yield CephProvider(provider, backend, ceph_cluster, ceph_cluster.programs.release)


@pytest.fixture(scope="session")
def ceph_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CephCluster]:
    """Yield Ceph by itself; make a bucket of your own."""
    try:
        programs = ceph_programs()
    except PackagesMissing as missing:
        pytest.skip(f"no Ceph: {missing}")
    for attempt in range(1, _TRIES + 1):
        folder = tmp_path_factory.mktemp("ceph")
        cluster = CephCluster(programs, folder, make_certificates(folder))
        try:
            cluster.start()
        except CephFailed:  # somebody else took a port that was free
            if attempt == _TRIES:
                raise
        else:
            break
    try:
        yield cluster
    finally:
        cluster.stop()
        shutil.rmtree(folder, ignore_errors=True)


def advertised(cluster: CephCluster) -> dict[str, Any]:
    """Return what the backend says under "artifacts"."""

    def entry(name: str, endpoint: str, role_name: str) -> dict[str, Any]:
        config = {
            "s3_endpoint": endpoint,
            "sts_endpoint": endpoint,
            "role": role(role_name),
            "bucket": BUCKET,
            "region": REGION,
        }
        return {"id": name, "type": "S3STSConfig", "config": config}

    plain = [entry(name, cluster.http, name) for name in ("alice", "bob", "alice-hour")]
    encrypted = [entry(f"{name}-tls", cluster.https, name) for name in ("alice", "bob")]
    return {"providers": [*plain, *encrypted]}
