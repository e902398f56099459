"""From views to the JSON of openapi.yaml's schemas, and whether storage is one that we know."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from jupyter_openeo_artifacts.auth.exceptions import LoginNotKept
from jupyter_openeo_artifacts.errors import OpenEOArtifactsError
from jupyter_openeo_artifacts.state.link_ends import LinkEnds
from jupyter_openeo_artifacts.urls import host_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from jupyter_openeo_artifacts.artifacts.capabilities import Provider
    from jupyter_openeo_artifacts.artifacts.presigned import PresignedURL
    from jupyter_openeo_artifacts.artifacts.user_bucket import ListedArtifact
    from jupyter_openeo_artifacts.artifacts.verification import Verification
    from jupyter_openeo_artifacts.auth.device_flow import DeviceLogin
    from jupyter_openeo_artifacts.backends.login_destination import LoginDestination
    from jupyter_openeo_artifacts.backends.session import BackendSession
    from jupyter_openeo_artifacts.service.snippets import Snippet
    from jupyter_openeo_artifacts.staging.target import Target
    from jupyter_openeo_artifacts.staging.upload_spec import UploadView
    from jupyter_openeo_artifacts.state.link_ends import LinkEnd
    from jupyter_openeo_artifacts.state.staged_record import StagedRecord


@dataclass(frozen=True)
class StorageView:
    """The schema `Storage`; see the meaning of the states there."""

    state: Literal["ready", "none", "unsupported", "invalid", "unknown"]
    provider: str | None = None
    s3_uri: bool | None = None
    lists: bool | None = None
    deletes: bool | None = None


UNKNOWN_STORAGE = StorageView("unknown")


def require_storage(artifacts: Any, backend: str) -> Provider:
    """Return the provider that will be used; blocks for the imports.

    Parameters
    ----------
    artifacts
        The raw value of `artifacts` in the backend's capabilities.
    backend
        The backend's address.

    Raises
    ------
    NoAdvertisedProviders, UnsupportedArtifactsType, InvalidProviderConfig, NoDefaultConfig
        There is none that can be used.
    """
    from jupyter_openeo_artifacts.artifacts.capabilities import choose, providers
    from jupyter_openeo_artifacts.artifacts.config import resolve

    chosen = choose(providers(artifacts))
    resolve(None, chosen.config, chosen.id, encrypted=backend.startswith("https:"))
    return chosen


def storage_view(artifacts: Any, backend: str) -> StorageView:
    """Return what the panel shows of what `require_storage` takes; blocks for the imports."""
    from jupyter_openeo_artifacts.artifacts import exceptions
    from jupyter_openeo_artifacts.artifacts.user_bucket import OFFERS

    try:
        chosen = require_storage(artifacts, backend)
    except exceptions.NoAdvertisedProviders:
        return StorageView("none")
    except exceptions.UnsupportedArtifactsType as error:
        return StorageView("unsupported", error.type_id)
    except exceptions.ArtifactsException:
        return StorageView("invalid")
    host = urlsplit(str(chosen.config.get("s3_endpoint"))).netloc
    lists, deletes = OFFERS.get((host, "list")), OFFERS.get((host, "delete"))
    return StorageView("ready", chosen.id, chosen.s3_uri, lists=lists, deletes=deletes)


def connection(session: BackendSession) -> dict[str, Any]:
    """Return a `Connection` with what the backend says of its storage; blocks."""
    found = UNKNOWN_STORAGE
    with suppress(OpenEOArtifactsError):
        found = storage_view(session.artifact_capabilities(), session.backend)
    problem, there = session.question()
    return {
        "id": session.id,
        "backend": session.backend,
        "title": session.title,
        "state": session.state,
        "user": session.user,
        "account": account(session.subject if session.state == "signed_in" else ""),
        "storage": asdict(found),
        "problem": _problem(problem),
        "destination": there and destination(there),
        "approved": session.approved(),
        "until": _until(session, problem),
    }


def _until(session: BackendSession, problem: OpenEOArtifactsError | None) -> dict[str, Any] | None:
    """Return the end that is known: of a login that cannot be renewed, else of the session."""
    if session.state != "signed_in":
        return None
    from jupyter_openeo_artifacts.staging.helper_cache import held_helper

    if isinstance(problem, LoginNotKept) and problem.ends_at is not None:
        ends_at = datetime.fromtimestamp(problem.ends_at, timezone.utc)
        return {"what": "login", "at": _time(ends_at)}
    helper = held_helper(session.active.connection)
    held = None if helper is None else helper.credentials.held()
    return None if held is None else {"what": "storage", "at": _time(held.expires_at)}


def account(subject: str) -> str | None:
    """Return what tells an account from all others and names nobody; None where it is not known."""
    return sha256(subject.encode()).hexdigest()[:16] if subject else None


def target(found: Target) -> dict[str, Any]:
    """Return the `Connection` of the one login of a widget, signed in; blocks."""
    storage, owner = UNKNOWN_STORAGE, found.owner
    with suppress(OpenEOArtifactsError):
        storage = storage_view(found.artifact_capabilities(), found.backend)
    return {
        "id": found.id,
        "backend": found.backend,
        "title": host_of(found.backend) or found.backend,
        "state": "signed_in" if owner else "signed_out",
        "user": (owner and owner.account) or None,
        "account": account(owner.subject if owner else ""),
        "storage": asdict(storage),
        "problem": None,
        "destination": None,
        "approved": None,
        "until": None,
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
        "path": record.path or None,
        "link_until": _time(link.until) if link else None,
    }


def day(found: ListedArtifact) -> str | None:
    """Return the UTC day that an object is of: that in its key, else when it was stored."""
    from jupyter_openeo_artifacts.artifacts.uri import day_of

    at = day_of(found.uri.key) or found.stored_at
    return None if at is None else f"{at:%Y-%m-%d}"


def stored_page(
    shown: Sequence[ListedArtifact],
    listed: Mapping[str, str],
    days: Mapping[str | None, Sequence[int]],
    *,
    more: bool,
    whole: bool,
    problem: OpenEOArtifactsError | None,
) -> dict[str, Any]:
    """Return a `StoredPage`; `listed` has the artifacts' ids by their URIs."""
    dated = sorted((name for name in days if name is not None), reverse=True)
    return {
        "objects": [
            {
                "uri": str(each.uri),
                "name": each.name,
                "size": each.size,
                "stored_at": each.stored_at and _time(each.stored_at),
                "day": day(each),
                "artifact": listed.get(str(each.uri)),
            }
            for each in shown
        ],
        "next": shown[-1].uri.key if more else None,
        "days": [
            {"day": name, "count": days[name][0], "size": days[name][1]}
            for name in [*dated, *([None] if None in days else [])]
        ],
        "whole": whole,
        "problem": _problem(problem),
    }


def verification(found: Verification) -> dict[str, Any]:
    """Return a `Verification`."""
    return {
        "there": found.there,
        "size": found.size,
        "stored_at": found.stored_at and _time(found.stored_at),
        "get": found.get,
        "head": found.head,
        "range": found.range,
        "same": found.same,
        "notes": list(found.notes),
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


def snippet(
    written: Snippet,
    links: Iterable[tuple[str, PresignedURL]],
    failed: Iterable[tuple[str, OpenEOArtifactsError]],
) -> dict[str, Any]:
    """Return a `Snippet`; its text holds the links, if it was asked for with links."""
    return {
        "text": written.text,
        "import": written.import_line,
        "assigns": list(written.assigns),
        "cursor": written.cursor._asdict(),
        "links": [
            {"artifact": artifact, "valid_until": _time(link.valid_until), "checked": link.checked}
            for artifact, link in links
        ],
        "failed": [
            {"artifact": artifact, "problem": _problem(error)} for artifact, error in failed
        ],
    }


def _problem(error: OpenEOArtifactsError | None) -> dict[str, Any] | None:
    return None if error is None else error.to_dict()


def _time(at: datetime) -> str:
    return at.astimezone(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
