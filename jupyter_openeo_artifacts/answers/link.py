"""What the reader of a presigned URL is answered: `requests`, GDAL, a backend's job.

AWS: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html; fakes3pp:
middleware/authentication.go; the others as measured.
"""

from __future__ import annotations

from jupyter_openeo_artifacts.answers.heard import NOT_XML
from jupyter_openeo_artifacts.answers.row import Row, Sign, answered, said_by

_RENEW = "Make a new link."
_WHOLE = "Make a new link, and pass it on whole and unchanged, with all that follows the `?`."
_QUERY = "AuthorizationQueryParametersError"

ROWS = (
    Row(
        "link",
        "expired",
        "final",
        "you",
        "The link has expired.",
        _RENEW,
        (
            Sign("InvalidSignature", "fakes3pp", word="expired url"),
            Sign("AccessDenied", "AWS, SeaweedFS, MinIO", word="request has expired"),
        ),
    ),
    Row(
        "link",
        "session_expired",
        "final",
        "you",
        "The session that signed the link has ended, and the link with it.",
        _RENEW,
        (
            Sign("AuthorizationHeaderMalformed", "fakes3pp"),
            Sign("InvalidSignature", "fakes3pp", word="expired credentials"),
            *said_by("AWS", "ExpiredToken", "InvalidToken"),
            *said_by("SeaweedFS, MinIO", "InvalidAccessKeyId"),
            *said_by("MinIO", "InvalidTokenId"),
            *said_by("fakes3pp", "InvalidSecurity"),
            Sign("InvalidArgument", "Ceph", silent=True),
        ),
    ),
    Row(
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
    Row(
        "link",
        "too_long",
        "final",
        "you",
        "The link was made for longer than the storage allows.",
        "Make a new link for seven days at most.",
        (Sign(_QUERY, "AWS, SeaweedFS, MinIO", word="less than a week"),),
    ),
    Row(
        "link",
        "too_young",
        "few",
        "you",
        "The link is not valid yet: the clock of the machine that made it is {skew}.",
        "Have the clock of that machine set, and make a new link.",
        (
            Sign("AccessDenied", "AWS, MinIO", word="not valid yet"),
            *said_by("Ceph, SeaweedFS", "RequestTimeTooSkewed"),
        ),
    ),
    Row(
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
    Row(
        "link",
        "not_for_head",
        "final",
        "provider",
        "The storage refuses a HEAD of the link: it is for GET only, or has expired.",
        "Try it by GET; for readers that need HEAD, ask the provider for X-Proxy-Head-As-Get.",
        answered("all of them", 403, 405, asked=("HEAD",)),
    ),
    Row(
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
    Row(
        "link",
        "range",
        "final",
        "you",
        "The reader asked for bytes beyond the end of the file.",
        "Check that the file is whole, and stage it again.",
        (*said_by("AWS, SeaweedFS", "InvalidRange"), *answered("a proxy", 416)),
    ),
    Row(
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
    Row(
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
            *(Sign(NOT_XML, "a proxy", status=status) for status in (502, 503, 504)),
            *answered("a proxy", 408, 425, 429, 500),
        ),
    ),
    Row(
        "link",
        "unknown",
        "final",
        "provider",
        "The storage refuses the link.",
        "Send the details to the provider's support.",
        answered("anybody", 400),
    ),
)
