"""Operations on what lies in storage below an account's own prefix, on the list here or not."""

from __future__ import annotations

from collections import deque
from contextlib import contextmanager, suppress
from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any, Protocol

from jupyter_openeo_artifacts.errors import OpenEOArtifactsError, RecordsUnusable
from jupyter_openeo_artifacts.service import serializers as wire
from jupyter_openeo_artifacts.service.exceptions import RequestInvalid
from jupyter_openeo_artifacts.service.service import Change, Created

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from jupyter_openeo_artifacts.artifacts.helper import S3STSArtifactHelper
    from jupyter_openeo_artifacts.artifacts.user_bucket import ListedArtifact
    from jupyter_openeo_artifacts.service.scope import Scope
    from jupyter_openeo_artifacts.staging.target import Target
    from jupyter_openeo_artifacts.state.staged_record import StagedRecord

_PAGE, _LONGEST_PAGE = 200, 1000
MOST_LISTED = 50_000
"""Objects that storage is asked for in one look, some 170 requests; older days come first."""
_CLOCKS_DIFFER = timedelta(days=1)


class Outlet(Protocol):
    """Where an artifact's content goes; both methods may block."""

    def begin(self, name: str, size: int | None) -> None:
        """Hear what comes: its name, and its bytes where that is known."""

    def write(self, block: bytes, /) -> object:
        """Take the next bytes."""


def list_stored(
    scope: Scope, connection: str, limit: Any = _PAGE, before: str | None = None
) -> dict[str, Any]:
    """List a page of objects, the newest day first, with the sums of all days.

    Storage lists by keys from the oldest day on, so each page looks through all of them; the memory
    that takes is a page's.
    """
    if not isinstance(limit, int) or isinstance(limit, bool) or not 1 <= limit <= _LONGEST_PAGE:
        raise RequestInvalid(f"limit is no number from 1 to {_LONGEST_PAGE}.")
    page: deque[ListedArtifact] = deque(maxlen=limit + 1)
    days: dict[str | None, list[int]] = {}
    problem: OpenEOArtifactsError | None = None
    target = scope.target(connection)
    helper = target.helper()
    looked_at = 0
    with _tells_offers(scope, target):
        try:
            for each in islice(helper.list(), MOST_LISTED + 1):
                looked_at += 1
                if looked_at > MOST_LISTED:
                    break
                count = days.setdefault(wire.day(each), [0, 0])
                count[0] += 1
                count[1] += each.size or 0
                if before is None or each.uri.key < before:
                    page.append(each)
        except OpenEOArtifactsError as error:
            if error.code not in ("cannot_list", "list_not_whole"):
                raise
            problem = error
    shown = [*page][-limit:][::-1]
    return wire.stored_page(
        shown,
        _listed(scope, shown),
        days,
        more=len(page) > limit,
        whole=problem is None and looked_at <= MOST_LISTED,
        problem=problem,
    )


def adopt_stored(scope: Scope, body: dict[str, Any]) -> dict[str, Any]:
    """Put an object on the list; one that is there already is shown as it is."""
    target, helper = _helper(scope, body["connection"])
    found = helper.look_up(body["uri"])
    if known := _records(scope, found.uri):
        return wire.artifacts(scope.as_connected(known[:1]))[0]
    if found.size is None:
        from jupyter_openeo_artifacts.s3.exceptions import not_s3

        raise not_s3(target.backend)
    recorder = helper.recorder(scope.service.ledger, target.backend, target.id, "api")
    record = recorder.adopt(found, found.size, helper.account)
    scope.service.tell(Change("artifacts", record.id, "staged"))
    return Created(wire.artifacts(scope.as_connected([record]))[0])


def verify_stored(scope: Scope, body: dict[str, Any]) -> dict[str, Any]:
    """Tell whether it is there, and whether a link to it answers as readers need."""
    _, helper = _helper(scope, body["connection"])
    known = _records(scope, body["uri"])
    return wire.verification(helper.verify(body["uri"], size=known[0].size if known else None))


def delete_stored(scope: Scope, connection: str, uri: str) -> None:
    """Delete it from storage, and take it off the list."""
    target, helper = _helper(scope, connection)
    known = _records(scope, uri)
    with _tells_offers(scope, target):
        helper.delete(uri)
    for each in known:
        scope.service.tell(Change("artifacts", each.id, "forgotten"))


def send_content(scope: Scope, params: dict[str, Any], outlet: Outlet) -> None:
    """Give its content to `outlet`; the last bytes once all are checked."""
    _, helper = _helper(scope, params["connection"])
    found = helper.look_up(params["uri"])
    outlet.begin(found.name, found.size)
    helper.copy_to(found.uri, outlet)


def _helper(scope: Scope, connection: str) -> tuple[Target, S3STSArtifactHelper]:
    target = scope.target(connection)
    return target, target.helper()


@contextmanager
def _tells_offers(scope: Scope, target: Target) -> Iterator[None]:
    """Tell that a connection has changed where its storage was found to offer something, or not."""
    from jupyter_openeo_artifacts.artifacts.user_bucket import OFFERS

    before = dict(OFFERS)
    try:
        yield
    finally:
        if before != OFFERS:
            scope.service.tell(Change("connections", target.id, "signed_in"))


def _records(scope: Scope, uri: Any) -> list[StagedRecord]:
    """Return what the list says of an object; nothing where that cannot be read."""
    from jupyter_openeo_artifacts.artifacts.deduplication import records_of
    from jupyter_openeo_artifacts.artifacts.uri import S3URI

    found = S3URI.from_any(uri)
    with suppress(RecordsUnusable, OSError):
        return records_of(found, scope.service.ledger)
    return []


def _listed(scope: Scope, shown: Sequence[ListedArtifact]) -> dict[str, str]:
    """Return the ids of those that are on the list, by their URIs."""
    from jupyter_openeo_artifacts.artifacts.uri import day_of

    days = [day_of(each.uri.key) for each in shown]
    known = [day for day in days if day is not None]
    ledger, wanted = scope.service.ledger, {str(each.uri) for each in shown}
    with suppress(RecordsUnusable, OSError):
        whole = not known or len(known) < len(days)
        found = ledger.records() if whole else ledger.since(min(known) - _CLOCKS_DIFFER)
        return {record.uri: record.id for record in found if record.uri in wanted}
    return {}
