"""The folder where everything of ours is kept."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from jupyter_openeo_artifacts.records.exceptions import RecordsUnusable

ENVIRONMENT = "JUPYTER_OPENEO_ARTIFACTS_HOME"
_WHERE = (ENVIRONMENT, "XDG_DATA_HOME", "USERPROFILE" if os.name == "nt" else "HOME")

_made: dict[Any, Path] = {}


def state_folder(*below: str) -> Path:
    """Return our folder, or one below it; made with mode 0700 if it is not there.

    It is `$JUPYTER_OPENEO_ARTIFACTS_HOME`, else `jupyter-openeo-artifacts` in `$XDG_DATA_HOME`
    (https://specifications.freedesktop.org/basedir-spec/), so it never lies in a notebook folder.

    Raises
    ------
    RecordsUnusable
        The folder cannot be made.
    """
    told: str | None = None
    for name in _WHERE:  # the first that is set decides
        told = os.environ.get(name)
        if told:
            break
    known = _made.get((name, told, below))
    if known is None or not os.path.isdir(known):  # noqa: PTH112  asked for with each small file
        known = _made[name, told, below] = _make(below)
    return known


def _make(below: tuple[str, ...]) -> Path:
    own = os.environ.get(ENVIRONMENT)
    given = Path(own) if own else _data_home() / "jupyter-openeo-artifacts"
    home = given if given.is_absolute() else given.expanduser().absolute()
    folder = home.joinpath(*below)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for each in (home, *(home.joinpath(*below[: depth + 1]) for depth in range(len(below)))):
            if each.stat().st_mode & 0o077:  # it was there before, or the umask is none
                each.chmod(0o700)
    except OSError as error:
        raise RecordsUnusable(
            f"The folder {folder} cannot be used: {error.strerror}.",
            todo=f"Make it writable for you, or point {ENVIRONMENT} to a folder that is.",
        ) from error
    return folder


def _data_home() -> Path:
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
