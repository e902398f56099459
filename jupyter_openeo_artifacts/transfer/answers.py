"""From what a storage answered to the exception that says it."""

from __future__ import annotations

from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from time import time
from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.answers import Heard, find
from jupyter_openeo_artifacts.transfer import exceptions as ex

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

    from jupyter_openeo_artifacts.answers import Row

ERRORS: dict[str, type[ex.StorageError]] = {
    "busy": ex.StorageBusy,
    "damaged": ex.ContentMismatch,
    "clock_wrong": ex.ClockWrong,
    "session_expired": ex.CredentialsExpired,
    "session_unknown": ex.CredentialsExpired,
    "session_doubtful": ex.StorageRefused,
    "denied": ex.StorageDenied,
    "signature_refused": ex.StorageRefused,
    "region_wrong": ex.StorageRefused,
    "place_wrong": ex.StorageRefused,
    "proxy_login": ex.NetworkLoginNeeded,
    "trailers_refused": ex.StorageRefused,
    "cannot_delete": ex.StorageRefused,
    "full": ex.StorageFull,
    "too_large": ex.FileTooLarge,
    "name_refused": ex.FileNameRefused,
    "lost": ex.UploadLost,
    "taken": ex.KeyTaken,
    "gone": ex.ObjectGone,
    "refused": ex.StorageRefused,
}
"""Which exception says each meaning of the service "s3"."""


@dataclass(frozen=True)
class Answer:
    """An error answer and its row; `retry_after` is in seconds."""

    heard: Heard
    row: Row
    retry_after: float | None

    @classmethod
    def of(cls, error: ClientError) -> Answer:
        """Read what botocore made of the answer."""
        heard = Heard.from_boto(error.response, error.operation_name)
        headers = error.response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
        return cls(heard, find("s3", heard).row, _seconds(headers.get("retry-after")))

    def error(self, *, action: str, host: str, bucket: str = "") -> ex.StorageError:
        """Return what to raise.

        Parameters
        ----------
        bucket
            Named where it may be the trouble; some proxies deny one that is not there.
        """
        heard = self.heard
        region = f", {heard.region}" if heard.region else ""
        place = f" write to the bucket {bucket!r}, if there is one" if bucket else ""
        says = self.row.says.format(skew=heard.skew, region=region, place=place)
        return ERRORS[self.row.meaning](
            f"Could not {action}: {host} says that {says} ({heard.code or heard.status}).",
            todo=self.row.todo,
            request_id=heard.request_id,
        )


def _seconds(retry_after: str | None) -> float | None:
    """Read a Retry-After header: seconds, or a date."""
    if not retry_after:
        return None
    if retry_after.strip().isdecimal():
        return float(retry_after)
    try:
        return max(0.0, parsedate_to_datetime(retry_after).timestamp() - time())
    except ValueError:
        return None
