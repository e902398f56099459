"""The people and the service account of the local provider."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from dataclasses import dataclass, field


@dataclass(frozen=True)
class DemoUser:
    """Somebody who can sign in.

    Parameters
    ----------
    login
        What is typed as user name.
    password
        No secret: the sign-in page shows it.
    subject
        The `sub` of this person's tokens; opaque, as with real OpenID providers.
    """

    login: str
    password: str
    name: str
    email: str
    subject: str

    @property
    def prefix(self) -> str:
        """The folder of the bucket this person may use."""
        return prefix_of(self.subject)

    def get_user_id(self) -> str:
        """Return the subject, under the name Authlib asks for."""
        return self.subject


@dataclass(frozen=True)
class ServiceAccount:
    """A client that signs in by its own secret (client credentials)."""

    client_id: str
    secret: str = field(repr=False)

    @property
    def prefix(self) -> str:
        """The folder of the bucket this account may use; its subject is its client id."""
        return prefix_of(self.client_id)


def prefix_of(subject: str) -> str:
    """Return the sha1 of `subject` as 40 hex digits, the key layout of openeo.extra.artifacts.

    SeaweedFS's STS answers the bare `sub` as SubjectFromWebIdentityToken, so this is what the
    openEO client computes from the answer. It names a folder and protects nothing.
    """
    return hashlib.sha1(subject.encode(), usedforsecurity=False).hexdigest()


def new_users() -> list[DemoUser]:
    """Return Alice and Bob with fresh subjects."""
    return [
        DemoUser("alice", "wonderland", "Alice", "alice@example.org", str(uuid.uuid4())),
        DemoUser("bob", "builder", "Bob", "bob@example.org", str(uuid.uuid4())),
    ]


def new_service_account() -> ServiceAccount:
    """Return a service account with a fresh secret."""
    return ServiceAccount("openeo-demo-service", secrets.token_urlsafe(24))
