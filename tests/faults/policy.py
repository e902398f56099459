"""How a storage differs from Amazon's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from tests.faults.answer import Refused, glued, refuse

if TYPE_CHECKING:
    from tests.faults.request import Operation


@dataclass(frozen=True)
class Policy:
    """What this run's storage does; the defaults are Amazon's ways.

    Parameters
    ----------
    without
        Operations that it does not have.
    unknown
        What it answers to these: "501" as others do, or "glued" as fakes3pp does.
    etags
        "md5"; "kms" are no MD5s and say so; "silent" are none and look like some; "opaque" do not
        look like any.
    metadata
        False where it forgets users' metadata.
    repeated_complete
        200 (Amazon) or 404 (MinIO), for an upload that has been completed.
    if_none_match
        "kept", "ignored" or "refused" (501).
    own_day_only
        Refuse to write outside `<prefix>/<today>/`, by the storage's own clock.
    expired
        What it says of a session that is over.
    bodies
        "signed": a body whose SHA-256 is not signed is denied, as a bucket's policy may have it;
        "busy": it is answered with 500;
        "without Content-MD5": that header is refused (501), "past Content-MD5": nobody looks at it.
    weak_etags
        ETags of headers come weak, as a proxy on the way makes them that compresses.
    expectations
        "refused": `Expect: 100-continue` is answered with 417, as by what knows no such thing.
    date_off
        How far the `Date` of its answers is from its clock, as that of a proxy with a wrong one.
    keep
        False: only lengths and hashes are kept, so that no file costs memory.
    """

    without: frozenset[Operation] = frozenset()
    unknown: Literal["501", "glued"] = "501"
    etags: Literal["md5", "kms", "silent", "opaque"] = "md5"
    metadata: bool = True
    repeated_complete: Literal[200, 404] = 200
    if_none_match: Literal["kept", "ignored", "refused"] = "kept"
    own_day_only: bool = False
    expired: Literal["ExpiredToken", "InvalidAccessKeyId", "fakes3pp"] = "ExpiredToken"
    bodies: Literal["any", "signed", "busy", "without Content-MD5", "past Content-MD5"] = "any"
    weak_etags: bool = False
    expectations: Literal["met", "refused"] = "met"
    date_off: timedelta = timedelta(0)
    keep: bool = True

    def refusal_of(self, operation: Operation) -> Refused:
        """Return what is answered to an operation that it does not have."""
        if self.unknown == "glued":
            return Refused(glued("InternalError"), "InternalError")
        return refuse(501, "NotImplemented", operation)

    @property
    def session_over(self) -> Refused:
        """What is answered to a session that is over."""
        return {
            "ExpiredToken": refuse(400, "ExpiredToken", "The provided token has expired."),
            "InvalidAccessKeyId": refuse(403, "InvalidAccessKeyId"),
            "fakes3pp": refuse(
                400, "AuthorizationHeaderMalformed", "Session credentials are expired"
            ),
        }[self.expired]


PRODUCTION = Policy(
    without=frozenset({"Delete"}),
    unknown="glued",
    if_none_match="ignored",
    own_day_only=True,
    expired="fakes3pp",
)
"""The proxy that providers of openEO artifacts run (fakes3pp), as it was measured."""
