"""Operations on what was staged from this machine, by whatever way in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jupyter_openeo_artifacts.service import serializers as wire
from jupyter_openeo_artifacts.service.exceptions import RequestInvalid
from jupyter_openeo_artifacts.service.service import Change

if TYPE_CHECKING:
    from jupyter_openeo_artifacts.service.scope import Scope


_PAGE, _LONGEST_PAGE = 200, 1000


def list_artifacts(
    scope: Scope, limit: Any = _PAGE, before: str | None = None, connection: str | None = None
) -> dict[str, Any]:
    """List a page of them, newest first; with `connection` those of one."""
    if not isinstance(limit, int) or isinstance(limit, bool) or not 1 <= limit <= _LONGEST_PAGE:
        raise RequestInvalid(f"limit is no number from 1 to {_LONGEST_PAGE}.")
    page = scope.page(limit, before, connection)
    last = page.records[-1].id if page.more else None
    return {"artifacts": wire.artifacts(scope.as_connected(page.records)), "next": last}


def get_artifact(scope: Scope, artifact: str) -> dict[str, Any]:
    """Show one."""
    return wire.artifacts(scope.as_connected([scope.record(artifact)]))[0]


def forget_artifact(scope: Scope, artifact: str) -> None:
    """Take it off the list; the stored object stays until its provider removes it."""
    scope.record(artifact)
    scope.require_forgettable(artifact)
    scope.service.ledger.forget(artifact)
    scope.service.tell(Change("artifacts", artifact, "forgotten"))


def sign_artifact(
    scope: Scope, artifact: str, body: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Make a presigned URL, which is in no other answer."""
    from jupyter_openeo_artifacts.staging.artifact import Artifact

    record = scope.record(artifact)
    signed = Artifact.of(record, scope.signer(record)).sign((body or {}).get("expires_in"))
    return wire.presigned(signed)
