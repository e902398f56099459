"""What storage, its login service and login providers answer, and what each answer means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.error_catalog.logins import OIDC_ROWS, STS_ROWS
from jupyter_openeo_artifacts.error_catalog.presigned import ROWS as LINK
from jupyter_openeo_artifacts.error_catalog.s3 import ROWS as S3

if TYPE_CHECKING:
    from jupyter_openeo_artifacts.error_catalog.response import ProviderAnswer
    from jupyter_openeo_artifacts.error_catalog.rule import ErrorRule, ResponsePattern, Service


ROWS: tuple[ErrorRule, ...] = (*S3, *STS_ROWS, *OIDC_ROWS, *LINK)
_CLIENT_ERROR = 400
_SERVER_ERROR = 500


@dataclass(frozen=True)
class Found:
    """The row of an answer, and the sign that it was known by."""

    row: ErrorRule
    sign: ResponsePattern


def find(service: Service, response: ProviderAnswer) -> Found:
    """Return what an answer of `service` means; every service has rows for whatever is unknown."""
    rest = _SERVER_ERROR if response.status >= _SERVER_ERROR else _CLIENT_ERROR
    for status in (response.status, rest):
        fitting = [
            Found(row, sign)
            for row in ROWS
            if row.service == service
            for sign in row.signs
            if sign.fits(response, status)
        ]
        if fitting:
            return max(fitting, key=lambda found: found.sign.weight)
    raise AssertionError(service)  # a test sees that each service has its rest
