"""Whom a login is for: the one place that says whether it may be used at a backend.

A login's access token has no audience: who has it can act as its owner. So what is stored, or in
the environment, goes to a backend only if the administrator lists it or a person has agreed to
exactly this backend, login, STS and storage.
"""

from __future__ import annotations

import hashlib
import json
import threading
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Literal, get_args

from jupyter_openeo_artifacts.backends.login_destination import LoginDestination, LoginNotConfirmed
from jupyter_openeo_artifacts.concurrency.process_end import call_after_fork
from jupyter_openeo_artifacts.errors import RecordsUnusable
from jupyter_openeo_artifacts.state.files import state_folder, write_private
from jupyter_openeo_artifacts.urls import origin_text

if TYPE_CHECKING:
    from pathlib import Path

    from jupyter_openeo_artifacts.backends.configured import ListedBackends


How = Literal["administrator", "device_login", "user"]


@dataclass(frozen=True)
class Approval:
    """What somebody has agreed to; fields as of `LoginDestination`, `backend` is an origin."""

    address: str
    backend: str
    issuer: str
    client_id: str
    sts: tuple[str, ...]
    s3: tuple[str, ...]
    how: How
    at: datetime

    @classmethod
    def of(cls, destination: LoginDestination, how: How) -> Approval:
        """Return the approval of a destination, given now."""
        return cls(
            address=destination.address,
            backend=destination.backend,
            issuer=destination.issuer,
            client_id=destination.client_id,
            sts=destination.sts,
            s3=destination.s3,
            how=how,
            at=datetime.now(timezone.utc),
        )

    @classmethod
    def from_json(cls, content: bytes) -> Approval:
        """Read a file's content.

        Raises
        ------
        ValueError
            It is not one of ours.
        """
        try:
            found = json.loads(content)
        except RecursionError as error:
            raise ValueError("not an approval") from error
        match found:
            case {
                "address": str(address),
                "backend": str(backend),
                "issuer": str(issuer),
                "client_id": str(client_id),
                "sts": [*sts],
                "s3": [*s3],
                "how": how,
                "at": str(at),
            } if how in get_args(How) and all(isinstance(each, str) for each in [*sts, *s3]):
                when = datetime.fromisoformat(at)
                if when.tzinfo is None:
                    raise ValueError("not an approval")
                return cls(address, backend, issuer, client_id, tuple(sts), tuple(s3), how, when)
        raise ValueError("not an approval")

    def to_json(self) -> bytes:
        """Return the file's content."""
        return json.dumps({**asdict(self), "at": self.at.isoformat()}).encode()

    def covers(self, destination: LoginDestination) -> bool:
        """Tell whether the login would go to nobody who was not named when it was given."""
        return (
            self.login == (destination.backend, destination.issuer, destination.client_id)
            and set(destination.sts) <= set(self.sts)
            and set(destination.s3) <= set(self.s3)
        )

    def is_for(self, address: str) -> bool:
        """Tell whether it is about the backend at an address, however it was entered."""
        return address == self.address or origin_text(address) == self.backend

    @property
    def login(self) -> tuple[str, str, str]:
        """Which login it is about, and where."""
        return self.backend, self.issuer, self.client_id


class Approvals:
    """The approvals of this machine's user: one small private file for each, safe for threads.

    Parameters
    ----------
    listed
        The backends that the administrator vouches for: what they name is followed.
    """

    def __init__(self, listed: ListedBackends) -> None:
        self._listed = listed
        self._seen: dict[tuple[str, str, str], Approval] = {}
        self._unkept: list[Approval] = []  # of a state folder that cannot be written
        self.reset_after_fork()
        call_after_fork(self)

    def reset_after_fork(self) -> None:
        """Have a free lock: a thread that holds it is not there in a forked process."""
        self._lock = threading.Lock()

    def how(self, destination: LoginDestination) -> How | None:
        """Return how the use of a login was approved, None where it was not."""
        if self._listed.vouches_for(destination.address, destination.root):
            return "administrator"
        known = self._given_to(destination)
        return known.how if known is not None and known.covers(destination) else None

    def require(self, destination: LoginDestination) -> None:
        """Return if a login may be used so.

        Raises
        ------
        LoginNotConfirmed
            Nobody has agreed to it.
        """
        if self.how(destination) is None:
            changed = self._given_to(destination) is not None
            raise LoginNotConfirmed(destination, changed=changed)

    def approve(self, destination: LoginDestination, how: How) -> None:
        """Note that somebody agreed; where that cannot be written it counts in this process."""
        given = Approval.of(destination, how)
        try:
            write_private(_file(given.backend, given.issuer, given.client_id), given.to_json())
        except (RecordsUnusable, OSError):
            with self._lock:
                self._unkept.append(given)
        else:  # it goes before what could not be written of the same login
            with self._lock:
                self._unkept = [each for each in self._unkept if each.login != given.login]

    def withdraw(self, backend: str) -> None:
        """Forget what was agreed to for the backend of this origin.

        Raises
        ------
        RecordsUnusable
            A file of it cannot be removed.
        """
        with self._lock:
            self._unkept = [each for each in self._unkept if each.backend != backend]
        for each in self.all():
            if each.backend == backend:
                path = _file(each.backend, each.issuer, each.client_id)
                try:
                    path.unlink(missing_ok=True)
                except OSError as error:
                    raise RecordsUnusable(
                        f"{path} could not be removed: {error.strerror}.",
                        todo="Make its folder writable for you, then try again.",
                    ) from error

    def all(self) -> list[Approval]:
        """Return all that are kept, those given last first; what cannot be read is no approval."""
        found = []
        with suppress(RecordsUnusable, OSError):
            for path in _folder().glob("*.json"):
                with suppress(OSError, ValueError):
                    found.append(Approval.from_json(path.read_bytes()))
        with self._lock:
            found += self._unkept
        return sorted(found, key=lambda each: each.at, reverse=True)

    def _given_to(self, destination: LoginDestination) -> Approval | None:
        login = (destination.backend, destination.issuer, destination.client_id)
        with self._lock:
            for each in reversed(self._unkept):
                if each.login == login:
                    return each
        try:
            known = Approval.from_json(_file(*login).read_bytes())
        except (FileNotFoundError, ValueError):
            self._seen.pop(login, None)
            return None
        except (RecordsUnusable, OSError):  # a home that is away does not take back what was said
            return self._seen.get(login)
        self._seen[login] = known
        return known


def _folder() -> Path:
    return state_folder("approvals")


def _file(backend: str, issuer: str, client_id: str) -> Path:
    login = json.dumps([backend, issuer, client_id])
    return _folder() / f"{hashlib.sha256(login.encode()).hexdigest()[:32]}.json"
