"""Error responses of an OAuth server (RFC 6749, section 5.2), without secrets they echo."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from jupyter_openeo_artifacts.auth import exceptions as ex
from jupyter_openeo_artifacts.error_catalog.catalog import find
from jupyter_openeo_artifacts.error_catalog.response import ProviderAnswer, repeats_a_secret

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jupyter_openeo_artifacts.errors import OpenEOArtifactsError


ERRORS: dict[str, type[OpenEOArtifactsError]] = {
    "pending": ex.LoginExpired,  # it is waited for while the code holds
    "too_fast": ex.LoginProviderUnreachable,
    "denied": ex.LoginDenied,
    "code_expired": ex.LoginExpired,
    "login_ended": ex.NotSignedIn,
    "login_reused": ex.NotSignedIn,
    "person_wanted": ex.NotSignedIn,
    "grant_refused": ex.LoginFailed,
    "secret_wrong": ex.ServiceLoginRefused,
    "client_refused": ex.LoginFailed,
    "busy": ex.LoginProviderUnreachable,
    "refused": ex.LoginFailed,
}
"""Which exception says each meaning of the service "oidc"."""


_ERROR = re.compile(r"[A-Za-z0-9._-]{1,64}")


def error_word(body: Any, secrets: Iterable[str]) -> str | None:
    """Return the `error` of a provider's JSON; None where there is none, or it repeats a secret."""
    error = body.get("error") if isinstance(body, dict) else None
    if not isinstance(error, str) or not _ERROR.fullmatch(error):
        return None
    return None if repeats_a_secret(error, secrets) else error


class Refused(Exception):
    """The provider said no, by the `error` of RFC 6749, section 5.2; never leaves `login`.

    Parameters
    ----------
    asked
        The grant that was asked for, empty at other endpoints.
    """

    def __init__(self, error: str, description: str, asked: str = "") -> None:
        super().__init__(error)
        self.error = error
        self.description = description
        found = find("oidc", ProviderAnswer(code=error, message=description, asked=asked))
        self.row, self.sign = found.row, found.sign.name

    def explained(self, title: str) -> OpenEOArtifactsError:
        """Return what it means to a person; `title` is that of the login provider."""
        says = self.row.says.format(at=title)
        if not says.endswith("."):  # the provider's own words say more
            more = f": {self.description.rstrip('.')}" if self.description else ""
            says = f"{says} ({self.error}{more})."
        return ERRORS[self.row.meaning](says, todo=self.row.todo)
