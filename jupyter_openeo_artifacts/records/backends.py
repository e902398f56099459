"""Which backend was used last, so that a kernel can take up the panel's login."""

from __future__ import annotations

from jupyter_openeo_artifacts.records.folder import state_folder
from jupyter_openeo_artifacts.records.writing import write_private


def remember_backend(url: str) -> None:
    """Keep `url` as the backend used last."""
    write_private(state_folder() / "last-backend", url.encode())


def last_backend() -> str | None:
    """Return the address of the backend used last, None if there was none."""
    try:
        return (state_folder() / "last-backend").read_text("utf-8").strip() or None
    except (OSError, UnicodeDecodeError):
        return None
