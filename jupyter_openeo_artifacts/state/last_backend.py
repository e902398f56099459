"""Which backend was used last, so that a kernel can take up the panel's login."""

from __future__ import annotations

from contextlib import suppress

from jupyter_openeo_artifacts.errors import RecordsUnusable
from jupyter_openeo_artifacts.state.files import state_folder, write_private
from jupyter_openeo_artifacts.urls import origin_text


def remember_backend(url: str) -> None:
    """Keep `url` as the backend used last."""
    write_private(state_folder() / "last-backend", url.encode())


def forget_backend(*addresses: str) -> None:
    """Forget the backend used last, if it is at the origin of one of the addresses."""
    last = last_backend()
    with suppress(RecordsUnusable, OSError, ValueError):  # it is a convenience
        if last and origin_text(last) in set(map(origin_text, addresses)):
            (state_folder() / "last-backend").unlink(missing_ok=True)


def last_backend() -> str | None:
    """Return the address of the backend used last, None if there was none, or it is not known."""
    try:
        return (state_folder() / "last-backend").read_text("utf-8").strip() or None
    except (RecordsUnusable, OSError, UnicodeDecodeError):
        return None
