"""Whose folder it is in which logins lie: whoever can write there can plant one."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.login.exceptions import TokenStoreNotPrivate

if TYPE_CHECKING:
    from pathlib import Path


def require_own_folder(folder: Path) -> None:
    """Return if nobody else can put files into `folder`, or there is none.

    A group may, where nobody but its owner is in it, as many systems make one for each account.

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
    by_group = mode & stat.S_IWGRP and _has_others(found.st_gid)
    if mode & stat.S_IWOTH or by_group:
        raise TokenStoreNotPrivate(
            f"Others could put a login of theirs into {folder} (mode {mode & 0o7777:o}).",
            todo=f"In a terminal: chmod go-w {folder}",
        )
    if found.st_uid not in (0, os.geteuid()):
        raise TokenStoreNotPrivate(
            f"{folder}, where your logins are kept, belongs to somebody else.",
            todo="Set OPENEO_CONFIG_HOME to a folder of your own.",
        )


def _has_others(group: int) -> bool:
    """Tell whether the system knows anybody in a group but this account and root."""
    import grp
    import pwd

    user = os.geteuid()
    inside = {each.pw_uid for each in pwd.getpwall() if each.pw_gid == group}
    with suppress(KeyError):
        for name in grp.getgrgid(group).gr_mem:
            with suppress(KeyError):
                inside.add(pwd.getpwnam(name).pw_uid)
    return bool(inside - {0, user})
