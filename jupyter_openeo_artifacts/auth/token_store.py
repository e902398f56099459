"""The refresh tokens on disk, in the openEO client's own file."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shlex
import stat
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_openeo_artifacts.auth.exceptions import TokenStoreNotPrivate, TokenStoreUnreadable
from jupyter_openeo_artifacts.errors import warn_once
from jupyter_openeo_artifacts.state.files import write_private
from jupyter_openeo_artifacts.state.locks import locked

if TYPE_CHECKING:
    from collections.abc import Iterator


_log = logging.getLogger(__name__)
_OTHERS = 0o077


class TokenStore:
    """Refresh tokens by issuer and client.

    Every method raises `TokenStoreNotPrivate` or `TokenStoreUnreadable` where the file is not as
    it should be, and `RecordsUnusable` or `RecordsBusy` where it cannot be written.
    """

    def get(self, issuer: str, client_id: str) -> str | None:
        """Return the token stored for `client_id` at `issuer`."""
        path = self._path()
        entry = _load(path).get(_key(issuer), {}).get(client_id) if path else None
        token = entry.get("refresh_token") if isinstance(entry, dict) else None
        return token if isinstance(token, str) and token else None

    def put(self, issuer: str, client_id: str, token: str) -> None:
        """Store `token`; it is on disk when this returns, all other entries are as they were."""
        path = self._made_path()
        with _locked(path):
            content = _load(path)
            content.setdefault(_key(issuer), {})[client_id] = {
                "date": datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
                "refresh_token": token,
            }
            _write(path, content)

    def remove(self, issuer: str, client_id: str, *, only: str | None = None) -> None:
        """Forget the login of `client_id` at `issuer`.

        Parameters
        ----------
        only
            Leave it where another token than this one has been stored meanwhile.
        """
        path = self._path()
        if path is None or not path.exists():
            return
        with _locked(path):
            content = _load(path)
            clients = content.get(_key(issuer), {})
            entry = clients.get(client_id)
            if entry is None or (only is not None and entry.get("refresh_token") != only):
                return
            del clients[client_id]
            if not clients:
                del content[_key(issuer)]
            _write(path, content)

    def require_usable(self) -> None:
        """Raise now what reading would raise, before a person goes through a login in vain."""
        path = self._path()
        if path:
            _load(path)

    @contextmanager
    def exclusive(self, issuer: str, client_id: str, timeout: float = 30.0) -> Iterator[None]:
        """Keep our other processes from renewing the same login.

        Parameters
        ----------
        timeout
            Seconds to wait for one that is at it.

        A provider that rotates refresh tokens takes the second use of one for theft and revokes
        the whole login (RFC 9700, section 4.14.2).
        """
        path = self._made_path()
        login = hashlib.sha256(f"{_key(issuer)} {client_id}".encode()).hexdigest()[:8]
        with ExitStack() as stack:
            try:
                stack.enter_context(_locked(path.with_name(f"{path.name}.{login}"), timeout))
            except TokenStoreUnreadable as error:  # a login that can be read is used all the same
                warn_once(_log, f"A login is renewed without a lock: {error.message}")
            yield

    @staticmethod
    def _path() -> Path | None:
        """Return the file as the openEO client chooses it, None where its folder is not there."""
        from openeo.config import get_user_data_dir
        from openeo.rest.auth.config import RefreshTokenStore

        try:
            folder = get_user_data_dir(auto_create=False)
        except Exception:  # noqa: BLE001  # openeo raises a bare Exception where there is none
            return None
        # A link to the file stays one: what it points to is replaced.
        return Path(os.path.realpath(folder / RefreshTokenStore.DEFAULT_FILENAME))

    @classmethod
    def _made_path(cls) -> Path:
        path = cls._path()
        if path:
            return path
        from openeo.config import get_user_data_dir

        try:
            folder = get_user_data_dir(auto_create=True)
            folder.chmod(0o700)  # ours a moment ago, and empty
        except Exception as error:
            raise TokenStoreUnreadable(
                "There is no folder where the openEO client could keep its logins.",
                todo="Make your home folder writable, or set XDG_DATA_HOME to a folder that is.",
            ) from error
        return cls._path() or folder / "refresh-tokens.json"


def _key(issuer: str) -> str:
    return issuer.rstrip("/") or "/"


@contextmanager
def _locked(path: Path, timeout: float = 30.0) -> Iterator[None]:
    with ExitStack() as stack:
        try:
            stack.enter_context(locked(path, timeout))
        except OSError as error:  # its file cannot be made, or the file system has no locks
            raise TokenStoreUnreadable(
                f"{path} cannot be locked: {error.strerror or error}.",
                todo="Make its folder writable for you.",
            ) from error
        yield


def _load(path: Path) -> dict[str, Any]:
    require_own_folder(path.parent)
    try:
        with path.open("rb") as file:
            # Of the open file, so that it is the one that is read.
            mode = os.fstat(file.fileno()).st_mode
            content = file.read()
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise TokenStoreUnreadable(
            f"{path} cannot be read: {error.strerror}.", todo="Make it readable for you."
        ) from error
    if mode & _OTHERS and os.name == "posix":
        raise not_private(path, mode)
    found: Any = None
    with suppress(ValueError, RecursionError):
        found = json.loads(content)
    if not isinstance(found, dict) or not all(
        isinstance(clients, dict) and all(isinstance(entry, dict) for entry in clients.values())
        for clients in found.values()
    ):
        raise TokenStoreUnreadable(
            f"{path} is not a token store of the openEO client.",
            todo="Move the file away and sign in again.",
        )
    return found


def not_private(path: Path, mode: int) -> TokenStoreNotPrivate:
    """Return the error for a file of secrets that others can read."""
    return TokenStoreNotPrivate(
        f"{path} could be read by others (mode {mode & 0o777:o}).",
        todo=f"In a terminal: chmod 600 {shlex.quote(str(path))}",
    )


def _write(path: Path, content: dict[str, Any]) -> None:
    write_private(path, json.dumps(content, indent=2).encode())


def require_own_folder(folder: Path) -> None:
    """Return if nobody else can put files into `folder`, or there is none.

    A group may, where it was made for this account alone, as many systems make one for each.

    Raises
    ------
    TokenStoreNotPrivate
        Others can.
    """
    if os.name != "posix":
        return
    try:
        found = folder.stat()
    except OSError:  # whoever reads the file says what is wrong
        return
    mode = found.st_mode
    by_group = mode & stat.S_IWGRP and not _is_own(found.st_gid)
    if mode & stat.S_IWOTH or by_group:
        raise TokenStoreNotPrivate(
            f"Others could put a login of theirs into {folder} (mode {mode & 0o7777:o}).",
            todo=f"In a terminal: chmod go-w {shlex.quote(str(folder))}",
        )
    if found.st_uid not in (0, os.geteuid()):
        raise TokenStoreNotPrivate(
            f"{folder}, where your logins are kept, belongs to somebody else.",
            todo="Set OPENEO_CONFIG_HOME to a folder of your own.",
        )


def _is_own(group: int) -> bool:
    """Tell whether a group is root's or has this account's name or number, and nobody else in it.

    That nobody is known says little: a directory (SSSD, LDAP) need not list its accounts, and whose
    first group it is stands with them alone. Root's is what containers of OpenShift run in.
    """
    import grp
    import pwd

    user = os.geteuid()
    name, members = "", []
    with suppress(KeyError):  # as in containers
        found = grp.getgrgid(group)
        name, members = found.gr_name, found.gr_mem
    own = group in {0, user}
    with suppress(KeyError):
        own = own or pwd.getpwuid(user).pw_name == name
    inside = {each.pw_uid for each in pwd.getpwall() if each.pw_gid == group}
    for member in members:
        with suppress(KeyError):
            inside.add(pwd.getpwnam(member).pw_uid)
    return own and not inside - {0, user}
