"""Where a login would go at a backend: what a person is asked about before anything is sent."""

from __future__ import annotations

import shlex
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from jupyter_openeo_artifacts.errors import BackendAddressInvalid, OpenEOArtifactsError, Who
from jupyter_openeo_artifacts.formatting import objects
from jupyter_openeo_artifacts.urls import host_of, origin_text, plain_origin

if TYPE_CHECKING:
    from jupyter_openeo_artifacts.backends.discovery import Probe


_MOST = 20
"""So many hosts of each kind are asked about; others are when they are used."""


@dataclass(frozen=True)
class LoginDestination:
    """A login, and everybody who would receive its tokens.

    Attributes
    ----------
    address
        The backend's address as it was entered.
    root
        The API's own address, which version discovery led to.
    issuer, client_id
        Which login: that of this client at this OpenID provider.
    sts, s3
        Origins (`https://host[:port]`) of the storages that the backend advertises or uses.
    service
        Whether it is a service account from the environment, else it is a person's login.
    """

    address: str
    root: str
    issuer: str
    client_id: str
    sts: tuple[str, ...]
    s3: tuple[str, ...]
    service: bool = False

    @classmethod
    def of(
        cls, backend: Probe, issuer: str, client_id: str, *, service: bool = False
    ) -> LoginDestination:
        """Return where a login would go, by what the backend says now."""
        found = cls(
            address=backend.backend,
            root=backend.root,
            issuer=issuer.rstrip("/"),
            client_id=client_id,
            sts=_advertised(backend.artifacts, "sts_endpoint"),
            s3=_advertised(backend.artifacts, "s3_endpoint"),
            service=service,
        )
        return found.and_storage(*backend.used) if backend.used else found

    @property
    def backend(self) -> str:
        """The origin that receives the access tokens."""
        return origin_text(self.root)

    def with_storage(self, sts: str, s3: str) -> LoginDestination:
        """Return the same with nothing but one storage, given by its endpoints."""
        return replace(self, sts=(plain_origin(sts),), s3=(plain_origin(s3),))

    def and_storage(self, sts: str, s3: str) -> LoginDestination:
        """Return the same with one more storage."""
        return replace(
            self,
            sts=tuple(sorted({*self.sts, plain_origin(sts)})),
            s3=tuple(sorted({*self.s3, plain_origin(s3)})),
        )

    def sentence(self, *, changed: bool = False) -> str:
        """Return the one sentence that names everybody, for people.

        Parameters
        ----------
        changed
            Whether a person has agreed to other hosts of this backend before.
        """
        who = f"service account {self.client_id!r}" if self.service else "login"
        login = f"our {who} at {host_of(self.issuer)}"
        begin = (
            f"This backend names others than you agreed to: y{login}"
            if changed
            else f"Y{login} has not been used here before: it"
        )
        return f"{begin} would go to {self._recipients()}."

    def announcement(self) -> str:
        """Return the sentence to show before a first sign-in."""
        return f"Your login at {host_of(self.issuer)} will be used at {self._recipients()}."

    def _recipients(self) -> str:
        backend = f"the backend {host_of(self.backend)}"
        sts, s3 = f"its STS {_hosts(self.sts)}", f"its storage {_hosts(self.s3)}"
        if self.sts and self.s3:
            return f"{backend}, {sts} and {s3}"
        if self.sts or self.s3:
            return f"{backend} and {sts if self.sts else s3}"
        return f"{backend}, which names no storage so far"

    def call(self) -> str:
        """Return the call in a cell that agrees to exactly this."""
        led = f"root={self.backend!r}, " if self.backend != origin_text(self.address) else ""
        login = f"issuer={self.issuer!r}, client_id={self.client_id!r}"
        named = f"{led}{login}, sts={_shown(self.sts)}, s3={_shown(self.s3)}"
        return f"jupyter_openeo_artifacts.approve_login({self.address!r}, {named})"

    def is_named_by(
        self, *, root: str | None, issuer: str, client_id: str, sts: set[str], s3: set[str]
    ) -> bool:
        """Tell whether a call names exactly this; without `root` it means the address's own."""
        named = (root or origin_text(self.address), issuer.rstrip("/"), client_id, sts, s3)
        return named == (self.backend, self.issuer, self.client_id, set(self.sts), set(self.s3))


def login_command(address: str) -> str:
    """Return what to run in a terminal to sign in at a backend, safe to paste into a shell."""
    return f"jupyter openeo-artifacts login --backend {shlex.quote(address)}"


class LoginNotConfirmed(OpenEOArtifactsError):
    """A login is there, but nobody has agreed to its use at this backend; nothing was sent.

    Parameters
    ----------
    destination
        Where it would go.
    changed
        Whether a person has agreed to other hosts of this backend before.
    """

    code: ClassVar[str] = "login_to_confirm"
    who: ClassVar[Who] = "you"

    def __init__(self, destination: LoginDestination, *, changed: bool = False) -> None:
        command = f"{login_command(destination.address)} --trust"
        super().__init__(
            destination.sentence(changed=changed),
            todo=f"If you agree, run in a terminal: {command}"
            if destination.service
            else f"If you agree, run {destination.call()} or, in a terminal: {command}",
        )
        self.destination = destination
        self.changed = changed

    def __reduce__(self) -> Any:
        """Come back whole from pools of processes."""
        return partial(type(self), changed=self.changed), (self.destination,)


def _advertised(artifacts: Any, key: str) -> tuple[str, ...]:
    """Return where a backend says that endpoints of its storages are, each once, sorted.

    One whose host cannot be is left out: it would only be text in the question, and the endpoint
    that is really used is asked about.

    Parameters
    ----------
    artifacts
        The raw value of `artifacts` in the capabilities, of whatever form.
    key
        `sts_endpoint` or `s3_endpoint`.
    """
    found: dict[str, None] = {}
    for entry in objects(artifacts.get("providers") if isinstance(artifacts, dict) else None):
        config = entry.get("config")
        url = config.get(key) if isinstance(config, dict) else None
        if isinstance(url, str):
            with suppress(BackendAddressInvalid):
                found[plain_origin(url)] = None
    return tuple(sorted([*found][:_MOST]))


def _hosts(origins: tuple[str, ...]) -> str:
    return ", ".join(map(host_of, origins))


def _shown(origins: tuple[str, ...]) -> str:
    return repr(origins[0]) if len(origins) == 1 else repr(list(origins))
