"""Who may do what in Ceph's bucket: the OpenID provider it trusts, and a role for each user."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import TYPE_CHECKING, Any

from tests.servers.ceph_cluster import KEYS
from tests.servers.provider import CLIENT

if TYPE_CHECKING:
    from jupyter_openeo_artifacts.demo import LocalProvider

BUCKET = "openeo-artifacts"
REGION = "us-east-1"
HALF_A_DAY, HOUR = 43_200, 3_600


def role(name: str) -> str:
    """Return the ARN of a role."""
    return f"arn:aws:iam:::role/{name}"


def set_up(endpoint: str, signing_in: LocalProvider) -> None:
    """Make Ceph trust the OpenID provider, and give each user a folder."""
    iam = administrator(endpoint, "iam")
    certificate = signing_in.identity.signing_key.public["keys"][0]["x5c"][0]
    thumbprint = hashlib.sha1(base64.b64decode(certificate)).hexdigest().upper()
    iam.create_open_id_connect_provider(
        Url=signing_in.issuer, ClientIDList=[CLIENT], ThumbprintList=[thumbprint]
    )
    administrator(endpoint, "s3").create_bucket(Bucket=BUCKET)
    for name, user, seconds in (
        ("alice", "alice", HALF_A_DAY),
        ("bob", "bob", HALF_A_DAY),
        ("alice-hour", "alice", HOUR),
    ):
        person = signing_in.users[user]
        iam.create_role(
            RoleName=name,
            AssumeRolePolicyDocument=_compact(_trust(signing_in.issuer, person.subject)),
            MaxSessionDuration=seconds,
        )
        iam.put_role_policy(
            RoleName=name,
            PolicyName="own-folder",
            PolicyDocument=_compact(_own_folder(person.prefix)),
        )


def _trust(issuer: str, subject: str) -> dict[str, Any]:
    host = issuer.removeprefix("http://")
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Federated": [f"arn:aws:iam:::oidc-provider/{host}"]},
                "Action": ["sts:AssumeRoleWithWebIdentity"],
                "Condition": {"StringEquals": {f"{host}:azp": CLIENT, f"{host}:sub": subject}},
            }
        ],
    }


def _own_folder(prefix: str) -> dict[str, Any]:
    actions = (
        "PutObject",
        "GetObject",
        "DeleteObject",
        "AbortMultipartUpload",
        "ListMultipartUploadParts",
    )
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": [f"s3:{action}" for action in actions],
                "Resource": [f"arn:aws:s3:::{BUCKET}/{prefix}/*"],
            },
            {
                "Effect": "Allow",
                "Action": ["s3:ListBucket"],
                "Resource": [f"arn:aws:s3:::{BUCKET}"],
                "Condition": {"StringLike": {"s3:prefix": [f"{prefix}/*"]}},
            },
        ],
    }


def _compact(document: dict[str, Any]) -> str:
    """Write JSON without a space: boto sends one as `+`, which Ceph 16 does not decode."""
    return json.dumps(document, separators=(",", ":"))


def administrator(endpoint: str, service: str) -> Any:
    """Return a client that may do everything."""
    import boto3
    from botocore.config import Config

    return boto3.client(
        service,
        endpoint_url=endpoint,
        region_name=REGION,
        aws_access_key_id=KEYS[0],
        aws_secret_access_key=KEYS[1],
        config=Config(
            s3={"addressing_style": "path"},
            proxies={},
            retries={"total_max_attempts": 1},
            connect_timeout=5,
            read_timeout=30,
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    )
