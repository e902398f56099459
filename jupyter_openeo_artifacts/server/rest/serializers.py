"""From views to the JSON of openapi.yaml's schemas."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timezone
from typing import TYPE_CHECKING, Any

from jupyter_openeo_artifacts.state.link_ends import LinkEnds

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from jupyter_openeo_artifacts.artifacts.presigned import PresignedURL
    from jupyter_openeo_artifacts.auth.device_flow import DeviceLogin
    from jupyter_openeo_artifacts.backends.login_destination import LoginDestination
    from jupyter_openeo_artifacts.backends.session import BackendSession
    from jupyter_openeo_artifacts.errors import OpenEOArtifactsError
    from jupyter_openeo_artifacts.server.storage_status import StorageView
    from jupyter_openeo_artifacts.staging.upload_spec import UploadView
    from jupyter_openeo_artifacts.state.link_ends import LinkEnd
    from jupyter_openeo_artifacts.state.staged_record import StagedRecord


def connection(session: BackendSession, storage: StorageView) -> dict[str, Any]:
    """Return a `Connection`."""
    problem, there = session.question()
    return {
        "id": session.id,
        "backend": session.backend,
        "title": session.title,
        "state": session.state,
        "user": session.user,
        "storage": asdict(storage),
        "problem": _problem(problem),
        "destination": there and destination(there),
        "approved": session.approved(),
    }


def destination(found: LoginDestination) -> dict[str, Any]:
    """Return a `LoginDestination`."""
    return {
        "backend": found.backend,
        "issuer": found.issuer,
        "client_id": found.client_id,
        "sts": list(found.sts),
        "s3": list(found.s3),
        "service": found.service,
    }


def login(found: DeviceLogin) -> dict[str, Any]:
    """Return a `Login`; the code is of use only while it is pending."""
    pending = found.state == "pending"
    return {
        "state": found.state,
        "user_code": found.user_code if pending else None,
        "verification_uri": found.verification_uri if pending else None,
        "verification_uri_complete": found.verification_uri_complete if pending else None,
        "expires_at": _time(found.expires_at) if pending and found.expires_at else None,
        "problem": _problem(found.problem),
    }


def signed_in() -> dict[str, Any]:
    """Return the `Login` of a connection that needs none."""
    absent = ("user_code", "verification_uri", "verification_uri_complete", "expires_at", "problem")
    return {"state": "signed_in", **dict.fromkeys(absent)}


def upload(view: UploadView) -> dict[str, Any]:
    """Return a `Upload`."""
    return {
        "id": view.id,
        "connection": view.connection,
        "name": view.name,
        "origin": view.origin,
        "state": view.state,
        "size": view.size,
        "bytes_received": view.bytes_received,
        "bytes_stored": view.bytes_stored,
        "speed": view.speed,
        "seconds_left": view.seconds_left,
        "created_at": _time(view.created_at),
        "artifact": view.artifact,
        "problem": _problem(view.problem),
        "can_retry": view.can_retry,
        "reused": view.reused,
        "awaits_confirmation": view.awaits_confirmation,
        "advice": view.advice or None,
    }


def artifacts(records: Sequence[StagedRecord]) -> list[dict[str, Any]]:
    """Return `Artifact`s, with the ends of their last links; reads files."""
    ends = LinkEnds().all(record.uri for record in records)
    return [_artifact(record, ends.get(record.uri)) for record in records]


def _artifact(record: StagedRecord, link: LinkEnd | None) -> dict[str, Any]:
    return {
        "id": record.id,
        "connection": record.connection,
        "backend": record.backend,
        "name": record.name,
        "uri": record.uri,
        "size": record.size,
        "sha256": record.sha256,
        "content_type": record.content_type,
        "origin": record.origin,
        "staged_at": _time(record.staged_at),
        "verified": record.verified,
        "account": record.account,
        "link_until": _time(link.until) if link else None,
    }


def presigned(signed: PresignedURL) -> dict[str, Any]:
    """Return a `PresignedURL`, the only answer that holds one."""
    return {
        "url": signed.url,
        "requested_until": _time(signed.requested_until),
        "valid_until": _time(signed.valid_until),
        "latest_possible_end": _time(signed.latest_possible_end),
        "checked": signed.checked,
    }


def _problem(error: OpenEOArtifactsError | None) -> dict[str, Any] | None:
    return None if error is None else error.to_dict()


def _time(at: datetime) -> str:
    return at.astimezone(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
