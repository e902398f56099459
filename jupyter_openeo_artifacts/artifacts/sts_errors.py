"""From what a storage's login service answered to the exception that says it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from jupyter_openeo_artifacts.artifacts import exceptions as ex
from jupyter_openeo_artifacts.error_catalog import find
from jupyter_openeo_artifacts.error_catalog.response import NOT_XML, ProviderAnswer, root_of

if TYPE_CHECKING:
    from jupyter_openeo_artifacts.error_catalog.rule import ErrorRule


ERRORS: dict[str, type[ex.ArtifactsException]] = {
    "login_ended": ex.NoUsableLogin,
    "login_too_young": ex.StorageClocksDiffer,
    "not_allowed": ex.LoginRefused,
    "login_doubtful": ex.LoginRefused,
    "role_unknown": ex.InvalidProviderConfig,
    "setup_broken": ex.InvalidProviderConfig,
    "name_refused": ex.ProviderSpecificException,
    "session_too_long": ex.ProviderSpecificException,
    "fault": ex.ProviderSpecificException,
    "busy": ex.StorageLoginUnreachable,
    "refused": ex.ProviderSpecificException,
}
"""Which exception says each meaning of the service "sts"."""

_ROOT = "AssumeRoleWithWebIdentityResponse"
_FAILED = 300


class NotAnSTS(Exception):
    """An answer without a document of an STS that may be shown; only `response` of it is kept."""

    def __init__(self, response: ProviderAnswer) -> None:
        super().__init__(f"{response.code} {response.status}".strip())
        self.response = response


def refuse_pages(response_dict: dict[str, Any], **_: Any) -> None:
    """Raise for an answer without a document of an STS, before botocore loses its status.

    Raises
    ------
    NotAnSTS
        It has none.
    """
    status, body = response_dict["status_code"], response_dict["body"]
    if status < _FAILED:
        if root_of(body) != _ROOT:
            raise NotAnSTS(ProviderAnswer(code=NOT_XML, status=status))
        return
    response = ProviderAnswer.from_http(status, body, response_dict["headers"], "")
    if response.code == NOT_XML:  # of a page the status says more
        response = replace(response, code="")
    if not response.code:
        raise NotAnSTS(response)


@dataclass(frozen=True)
class STSAnswer:
    """An error answer and its row."""

    response: ProviderAnswer
    row: ErrorRule

    @property
    def is_explicit_no(self) -> bool:
        """Whether the STS itself has refused, and not only failed or been out of reach."""
        passing = self.row.kind in ("again", "few") or self.row.meaning == "fault"
        return self.response.own and not passing

    @property
    def codes(self) -> frozenset[str]:
        """The codes that its row is known by."""
        return frozenset(sign.code for sign in self.row.signs)

    @classmethod
    def of(cls, error: Exception) -> STSAnswer | None:
        """Read what botocore made of the answer; None where there was none."""
        from botocore.exceptions import ClientError
        from botocore.parsers import ResponseParserError

        if isinstance(error, ClientError):
            response = ProviderAnswer.from_boto(error.response)
        elif isinstance(error, NotAnSTS):
            response = error.response
        elif isinstance(error, ResponseParserError):
            return cls.of_another_service()
        else:
            return None
        return cls(response, find("sts", response).row)

    @classmethod
    def of_another_service(cls) -> STSAnswer:
        """Return what an answer means that is none of an STS: a page, or one of other fields."""
        response = ProviderAnswer(code=NOT_XML)
        return cls(response, find("sts", response).row)

    def error(self) -> ex.ArtifactsException:
        """Return what to raise."""
        said = self.response.code or self.response.status or "no reason given"
        says = self.row.says
        if self.row.who == "provider":  # who will want to know
            says = f"{says.removesuffix('.')} ({said})."
        kind = ERRORS[self.row.meaning]
        return kind(says, todo=self.row.todo, request_id=self.response.request_id)
