"""The openEO client's connection to a backend that we have asked for its version already."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from openeo.rest import OpenEoApiPlainError
from openeo.rest.connection import Connection

if TYPE_CHECKING:
    import requests


class QuietConnection(Connection):
    """A connection that asks nothing twice and prints no answer.

    Importing this module imports openeo.
    """

    @classmethod
    def version_discovery(cls, url: str, *_: Any, **__: Any) -> str:
        """Return `url`: `probe` has followed what the backend says of its versions."""
        return url

    def _raise_api_error(self, response: requests.Response) -> None:
        """Raise what a failed answer means; the client logs a page in full, as a warning."""
        said: Any = None
        with suppress(ValueError, RecursionError):
            said = response.json()
        words = [said.get(name) for name in ("code", "message")] if isinstance(said, dict) else []
        if words and all(isinstance(word, str) and word for word in words):
            super()._raise_api_error(response)
        status = response.status_code
        raise OpenEoApiPlainError(f"no error of openEO (HTTP {status})", http_status_code=status)
