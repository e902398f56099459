"""From what a storage's login service answered to the exception that says it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.answers import Heard, find
from jupyter_openeo_artifacts.answers.heard import NOT_XML
from jupyter_openeo_artifacts.artifacts import exceptions as ex

if TYPE_CHECKING:
    from jupyter_openeo_artifacts.answers import Row

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


@dataclass(frozen=True)
class STSAnswer:
    """An error answer and its row."""

    heard: Heard
    row: Row

    @classmethod
    def of(cls, error: Exception) -> STSAnswer | None:
        """Read what botocore made of the answer; None where there was none."""
        from botocore.exceptions import ClientError
        from botocore.parsers import ResponseParserError

        if isinstance(error, ClientError):
            heard = Heard.from_boto(error.response)
        elif isinstance(error, ResponseParserError):
            return cls.of_another_service()
        else:
            return None
        return cls(heard, find("sts", heard).row)

    @classmethod
    def of_another_service(cls) -> STSAnswer:
        """Return what an answer means that is none of an STS: a page, or one of other fields."""
        heard = Heard(code=NOT_XML)
        return cls(heard, find("sts", heard).row)

    def error(self) -> ex.ArtifactsException:
        """Return what to raise."""
        said = self.heard.code or self.heard.status or "no reason given"
        says = self.row.says
        if self.row.who == "provider":  # who will want to know
            says = f"{says.removesuffix('.')} ({said})."
        kind = ERRORS[self.row.meaning]
        return kind(says, todo=self.row.todo, request_id=self.heard.request_id)
