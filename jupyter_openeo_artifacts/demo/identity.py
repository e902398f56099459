"""Who a local provider is: ports, keys, people, bucket. What `--data DIR` keeps between runs."""

from __future__ import annotations

import base64
import secrets
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from jupyter_openeo_artifacts.demo.data_folder import RECORD
from jupyter_openeo_artifacts.demo.exceptions import DataFolderUnusable
from jupyter_openeo_artifacts.demo.signing_key import SigningKey
from jupyter_openeo_artifacts.demo.users import (
    DemoUser,
    ServiceAccount,
    new_service_account,
    new_users,
)

if TYPE_CHECKING:
    from jupyter_openeo_artifacts.demo.data_folder import DataFolder

_VERSION = 1


@dataclass
class Identity:
    """Everything that makes a restarted provider the same provider.

    Parameters
    ----------
    ports
        Port by part ("backend", "issuer", "s3", …); empty until a first start has succeeded.
    storage_secrets
        The storage's own keys: "access_key", "secret_key" (administrator), "session_key" (signs
        STS sessions, base64), "internal_key" (between the storage's parts).
    cookie_key
        Signs the cookie of the approval page.
    """

    signing_key: SigningKey = field(repr=False)
    users: list[DemoUser]
    service: ServiceAccount
    storage_secrets: dict[str, str] = field(repr=False)
    cookie_key: str = field(repr=False)
    bucket: str = "openeo-artifacts"
    ports: dict[str, int] = field(default_factory=dict)

    @classmethod
    def new(cls) -> Identity:
        """Return a provider that never was before."""
        return cls(
            signing_key=SigningKey.generate(),
            users=new_users(),
            service=new_service_account(),
            storage_secrets={
                "access_key": secrets.token_hex(10),
                "secret_key": secrets.token_hex(20),
                "session_key": base64.b64encode(secrets.token_bytes(32)).decode(),
                "internal_key": secrets.token_hex(32),
            },
            cookie_key=secrets.token_hex(32),
        )

    @classmethod
    def load(cls, folder: DataFolder) -> Identity:
        """Return the provider kept in `folder`, or a new one.

        Raises
        ------
        DataFolderUnusable
            What is there was not written by this version.
        """
        kept: Any = folder.read(RECORD)
        if kept is None:
            return cls.new()
        try:
            return cls._from_json(kept)
        except (KeyError, TypeError, ValueError) as error:
            raise DataFolderUnusable(
                f"{folder.path / RECORD} was written by another version of the local provider.",
                todo="Give another folder with --data, or remove this one to begin afresh.",
            ) from error

    @classmethod
    def _from_json(cls, kept: Any) -> Identity:
        if kept["version"] != _VERSION:
            raise ValueError("version")
        return cls(
            signing_key=SigningKey(kept["signing_key"]),
            users=[DemoUser(**user) for user in kept["users"]],
            service=ServiceAccount(**kept["service"]),
            storage_secrets=dict(kept["storage_secrets"]),
            cookie_key=kept["cookie_key"],
            bucket=kept["bucket"],
            ports=dict(kept["ports"]),
        )

    def save(self, folder: DataFolder) -> None:
        """Write it to `folder`."""
        content = {
            "version": _VERSION,
            "ports": self.ports,
            "bucket": self.bucket,
            "users": [asdict(user) for user in self.users],
            "service": asdict(self.service),
            "storage_secrets": self.storage_secrets,
            "cookie_key": self.cookie_key,
            "signing_key": self.signing_key.private,
        }
        folder.write(RECORD, content)
