"""Who may do what in the bucket: the storage's identity and access configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

PREFIX_CLAIM = "artifact_prefix"
ROLE_NAME = "openeo-artifacts"
ROLE = f"arn:aws:iam::role/{ROLE_NAME}"
LONGEST_SESSION = 43200
"""Seconds; twelve hours is what AWS allows a role at most."""

_PROVIDER = "openid"
_POLICY = "OwnPrefixOnly"
# Forty characters, no fewer and no more. A token without the claim would leave the literal text
# "${jwt:artifact_prefix}" as a folder that all such users share, and a claim of "*" would open
# everybody's: both are kept out here although the provider mints neither.
_FORTY = "?" * 40


def access_rules(
    *, issuer: str, clients: Sequence[str], bucket: str, session_key: str, session_seconds: int
) -> dict[str, Any]:
    """Return the content of SeaweedFS's `-s3.iam.config` file.

    One role for everybody who signs in at `issuer` through one of `clients`; its policy allows
    the folder named by the token's claim and nothing else.
    """
    own = f"${{jwt:{PREFIX_CLAIM}}}"
    return {
        "sts": {
            "tokenDuration": f"{min(session_seconds, 3600)}s",
            "maxSessionLength": f"{session_seconds}s",
            "issuer": "openeo-demo-sts",
            "signingKey": session_key,
        },
        "providers": [
            {
                "name": _PROVIDER,
                "type": "oidc",
                "enabled": True,
                "config": {
                    "issuer": issuer,
                    "clientId": clients[0],
                    "jwksUri": f"{issuer}/jwks",
                    "userInfoUri": f"{issuer}/userinfo",
                    "scopes": ["openid"],
                },
            }
        ],
        "policy": {"defaultEffect": "Deny", "storeType": "memory"},
        "roleStore": {"storeType": "memory"},
        "roles": [
            {
                "roleName": ROLE_NAME,
                "roleArn": ROLE,
                "trustPolicy": {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Effect": "Allow",
                            "Principal": {"Federated": _PROVIDER},
                            "Action": ["sts:AssumeRoleWithWebIdentity"],
                            "Condition": {
                                "StringEquals": {"oidc:azp": list(clients)},
                                "StringLike": {f"oidc:{PREFIX_CLAIM}": _FORTY},
                            },
                        }
                    ],
                },
                "attachedPolicies": [_POLICY],
            }
        ],
        "policies": [
            {
                "name": _POLICY,
                "document": {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Effect": "Allow",
                            "Action": [
                                "s3:PutObject",
                                "s3:GetObject",
                                "s3:DeleteObject",
                                "s3:PutObjectTagging",
                                "s3:GetObjectTagging",
                                "s3:AbortMultipartUpload",
                                "s3:ListMultipartUploadParts",
                            ],
                            "Resource": [f"arn:aws:s3:::{bucket}/{own}/*"],
                        },
                        {
                            "Effect": "Allow",
                            "Action": ["s3:ListBucket", "s3:ListBucketMultipartUploads"],
                            "Resource": [f"arn:aws:s3:::{bucket}"],
                            "Condition": {"StringLike": {"s3:prefix": [f"{own}/*"]}},
                        },
                        {
                            "Effect": "Allow",
                            "Action": ["sts:ValidateSession"],
                            "Resource": ["*"],
                        },
                    ],
                },
            }
        ],
    }
