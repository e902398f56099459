"""What the reader of a presigned URL is answered: `requests`, GDAL, a backend's job.

AWS: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html; fakes3pp:
middleware/authentication.go; the others as measured.
"""

from __future__ import annotations

from jupyter_openeo_artifacts.error_catalog.response import NOT_XML
from jupyter_openeo_artifacts.error_catalog.rule import (
    ErrorRule,
    ResponsePattern,
    answered,
    said_by,
)

_RENEW = "Make a new link."
_WHOLE = "Make a new link, and pass it on whole and unchanged, with all that follows the `?`."
_QUERY = "AuthorizationQueryParametersError"

ROWS = (
    ErrorRule(
        "link",
        "expired",
        "final",
        "you",
        "The link has expired.",
        _RENEW,
        (
            ResponsePattern("InvalidSignature", "fakes3pp", word="expired url"),
            ResponsePattern("AccessDenied", "AWS, SeaweedFS, MinIO", word="request has expired"),
        ),
    ),
    ErrorRule(
        "link",
        "session_expired",
        "final",
        "you",
        "The session that signed the link has ended, and the link with it.",
        _RENEW,
        (
            ResponsePattern("AuthorizationHeaderMalformed", "fakes3pp"),
            ResponsePattern("InvalidSignature", "fakes3pp", word="expired credentials"),
            *said_by("AWS", "ExpiredToken", "InvalidToken"),
            *said_by("SeaweedFS, MinIO", "InvalidAccessKeyId"),
            *said_by("MinIO", "InvalidTokenId"),
            *said_by("fakes3pp", "InvalidSecurity"),
            ResponsePattern("InvalidArgument", "Ceph", silent=True),
        ),
    ),
    ErrorRule(
        "link",
        "altered",
        "final",
        "you",
        "The link was altered, cut off or decoded on its way.",
        _WHOLE,
        (
            *said_by("AWS, SeaweedFS, Ceph, MinIO", "SignatureDoesNotMatch"),
            *said_by("fakes3pp", "InvalidSignature"),
            *said_by("AWS, SeaweedFS, MinIO", _QUERY),
            *said_by("SeaweedFS, MinIO", "MissingFields"),
            *said_by("AWS", "MissingSecurityHeader", "InvalidRequest"),
        ),
    ),
    ErrorRule(
        "link",
        "too_long",
        "final",
        "you",
        "The link was made for longer than the storage allows.",
        "Make a new link for seven days at most.",
        (ResponsePattern(_QUERY, "AWS, SeaweedFS, MinIO", word="less than a week"),),
    ),
    ErrorRule(
        "link",
        "too_young",
        "few",
        "you",
        "The link is not valid yet: the clock of the machine that made it is {skew}.",
        "Have the clock of that machine set, and make a new link.",
        (
            ResponsePattern("AccessDenied", "AWS, MinIO", word="not valid yet"),
            *said_by("Ceph, SeaweedFS", "RequestTimeTooSkewed"),
        ),
    ),
    ErrorRule(
        "link",
        "gone",
        "final",
        "you",
        "The file is not there any more.",
        "Stage it again, and make a new link.",
        (
            *said_by("all of them", "NoSuchKey", "NoSuchBucket"),
            *answered("all of them, to a HEAD", 404),
        ),
    ),
    ErrorRule(
        "link",
        "not_for_head",
        "final",
        "provider",
        "The storage refuses a HEAD of the link: it is for GET only, or has expired.",
        "Try it by GET; for readers that need HEAD, ask the provider for X-Proxy-Head-As-Get.",
        answered("all of them", 403, 405, asked=("HEAD",)),
    ),
    ErrorRule(
        "link",
        "refused",
        "final",
        "you",
        "The storage refuses the link: it has expired or was altered, or its file is gone or"
        " somebody else's.",
        _WHOLE,
        # Ceph of an expired link or session, fakes3pp of an altered one, too; AWS and Ceph of a
        # file that is not there, where the signer may not list.
        (*said_by("all of them", "AccessDenied"), *answered("all of them", 401, 403)),
    ),
    ErrorRule(
        "link",
        "range",
        "final",
        "you",
        "The reader asked for bytes beyond the end of the file.",
        "Check that the file is whole, and stage it again.",
        (*said_by("AWS, SeaweedFS", "InvalidRange"), *answered("a proxy", 416)),
    ),
    ErrorRule(
        "link",
        "page",
        "final",
        "provider",
        "Something between the reader and the storage answered with a page of its own.",
        "Ask who runs the reader whether it reaches the storage.",
        (
            *said_by("a proxy", NOT_XML),
            *answered("a proxy", 301, 302, 303, 307, 308, 407, 511),
        ),
    ),
    ErrorRule(
        "link",
        "busy",
        "again",
        "wait",
        "The storage is busy or has a fault.",
        "Wait a few minutes and try again.",
        (
            *said_by("all of them", "InternalError", "SlowDown", "ServiceUnavailable"),
            *said_by("MinIO", "XMinioServerNotInitialized", "XMinioBackendDown"),
            # A load balancer's page about a storage that is down.
            *(ResponsePattern(NOT_XML, "a proxy", status=status) for status in (502, 503, 504)),
            *answered("a proxy", 408, 425, 429, 500),
        ),
    ),
    ErrorRule(
        "link",
        "unknown",
        "final",
        "provider",
        "The storage refuses the link.",
        "Send the details to the provider's support.",
        answered("anybody", 400),
    ),
)
