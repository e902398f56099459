"""What S3 storage answers to us.

Codes: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html (AWS),
aws/service/s3/s3-errors.go and middleware/authentication.go of VITObelgium/fakes3pp,
weed/s3api/s3err/s3api_errors.go of SeaweedFS, src/rgw/rgw_common.cc of Ceph, cmd/api-errors.go of
MinIO.
"""

from __future__ import annotations

from jupyter_openeo_artifacts.error_catalog.rule import (
    ErrorRule,
    ResponsePattern,
    answered,
    said_by,
)

_LOG_IN = "Sign in again."
_PROVIDER = "Send the details to the provider's support."
_PARTS = ("UploadPart", "CompleteMultipartUpload", "ListParts", "AbortMultipartUpload")

ROWS = (
    ErrorRule(
        "s3",
        "busy",
        "again",
        "wait",
        "it is busy or has a fault",
        "Wait a few minutes and try again.",
        (
            *said_by("all of them", "InternalError"),
            *said_by("AWS, fakes3pp", "SlowDown"),
            *said_by("AWS", "InternalFailure", "ServiceUnavailable", "Throttling"),
            *said_by("AWS", "ThrottlingException", "TooManyRequests", "RequestLimitExceeded"),
            # The second with status 400: it waited for our bytes. The third: the line broke.
            *said_by("AWS", "OperationAborted", "RequestTimeout", "IncompleteBody"),
            # While a new bucket's name spreads; to another host nothing is sent.
            *said_by("AWS", "TemporaryRedirect"),
            *said_by("MinIO", "Busy", "XMinioServerNotInitialized", "XMinioBackendDown"),
            *said_by("SeaweedFS", "ErrTooManyRequest", "ErrRequestBytesExceed"),
            *said_by("Ceph", "UnknownError"),
            *answered("a proxy", 408, 425, 429, 500),
        ),
    ),
    ErrorRule(
        "s3",
        "damaged",
        "few",
        "provider",
        "the bytes arrive there damaged",
        _PROVIDER,
        (
            *said_by("AWS, SeaweedFS", "BadDigest", "InvalidDigest"),
            *said_by("AWS", "XAmzContentSHA256Mismatch", "XAmzContentChecksumMismatch"),
        ),
    ),
    ErrorRule(
        "s3",
        "clock_wrong",
        "few",
        "you",
        "this machine's clock is {skew}",
        "Have the clock of this machine set.",
        (
            ResponsePattern("RequestTimeTooSkewed", "AWS, SeaweedFS, Ceph, MinIO"),
            ResponsePattern("AccessDenied", "AWS, MinIO", word="not valid yet"),
        ),
    ),
    ErrorRule(
        "s3",
        "session_expired",
        "credentials",
        "you",
        "the credentials have expired",
        _LOG_IN,
        (
            *said_by("AWS", "ExpiredToken", "TokenRefreshRequired", "RequestExpired"),
            ResponsePattern("AuthorizationHeaderMalformed", "fakes3pp", word="expired"),
            ResponsePattern("InvalidSignature", "fakes3pp", word="expired"),
        ),
    ),
    ErrorRule(
        "s3",
        "session_unknown",
        "credentials",
        "you",
        "it does not know the credentials",
        _LOG_IN,
        (
            *said_by("AWS; SeaweedFS of an expired session, too", "InvalidAccessKeyId"),
            *said_by("AWS", "InvalidToken"),
            *said_by("MinIO", "InvalidTokenId"),
            *said_by("fakes3pp", "InvalidSecurity"),
            # Its session keys were changed: a new session is signed by the new ones.
            ResponsePattern(
                "AuthorizationHeaderMalformed", "fakes3pp", word="that you provided is not valid"
            ),
            *answered("a proxy", 401),
        ),
    ),
    ErrorRule(
        "s3",
        "session_doubtful",
        "denied",
        "provider",
        "it cannot do what it was asked, or does not know the credentials",
        "Sign in again; if that does not help, send the details to the provider's support.",
        # So Ceph answers to a session token that it cannot read, and to much else.
        (ResponsePattern("InvalidArgument", "Ceph", silent=True),),
    ),
    ErrorRule(
        "s3",
        "denied",
        "denied",
        "provider",
        "this account may not{place}",
        "Ask the provider for the right to do it.",
        (
            *said_by("all of them; Ceph of an expired session, too", "AccessDenied"),
            *said_by("AWS", "AllAccessDisabled", "AccountProblem"),
            *said_by("Ceph", "UserSuspended"),
            *answered("all of them, to a HEAD", 403),
        ),
    ),
    ErrorRule(
        "s3",
        "signature_refused",
        "final",
        "provider",
        "it computes another signature",
        "Check that no proxy on the way changes requests; else send the details to the provider's"
        " support.",
        (
            *said_by("AWS, SeaweedFS, Ceph, MinIO", "SignatureDoesNotMatch"),
            *said_by("fakes3pp", "InvalidSignature"),
        ),
    ),
    ErrorRule(
        "s3",
        "region_wrong",
        "final",
        "provider",
        "it is of another region{region}",
        "Tell the backend's provider; until then give `region=` in the config.",
        (
            *said_by("AWS, MinIO", "AuthorizationHeaderMalformed"),
            *said_by("AWS", "IllegalLocationConstraintException"),
            *said_by("fakes3pp, MinIO", "InvalidRegion"),
        ),
    ),
    ErrorRule(
        "s3",
        "place_wrong",
        "final",
        "provider",
        "it is not the place the provider names",
        _PROVIDER,
        (
            *said_by("AWS, SeaweedFS, Ceph, MinIO", "NoSuchBucket", "InvalidBucketName"),
            *said_by("AWS", "PermanentRedirect"),
            *answered("a proxy", 301, 307, 308),
        ),
    ),
    ErrorRule(
        "s3",
        "proxy_login",
        "final",
        "you",
        "something on the way to it wants a login",
        "Log in to the network, or give the proxy's user and password in HTTPS_PROXY.",
        answered("a proxy", 302, 303, 407, 511),
    ),
    ErrorRule(
        "s3",
        "trailers_refused",
        "final",
        "provider",
        "it does not take checksums that follow the file",
        "Set the feature flag checksum-via-trailers to False, and tell the provider.",
        (
            ResponsePattern("InternalError", "fakes3pp", word="streaming-unsigned-payload-trailer"),
            *said_by("Ceph, rclone", "MissingContentLength"),
            *answered("a proxy", 411),
        ),
    ),
    ErrorRule(
        "s3",
        "cannot_delete",
        "few",  # one that can, and has a fault, does it the next time
        "provider",
        "it cannot delete",
        "Leave it: the provider removes files after a while.",
        (ResponsePattern("InternalError", "fakes3pp", asked=("DeleteObject", "DeleteObjects")),),
    ),
    ErrorRule(
        "s3",
        "full",
        "final",
        "provider",
        "it has no room left",
        "Ask the provider for room.",
        (
            *said_by("Ceph", "QuotaExceeded"),
            *said_by("AWS", "InsufficientStorage"),
            *said_by("MinIO", "XMinioStorageFull", "XMinioAdminBucketQuotaExceeded"),
            *answered("a proxy", 507),
        ),
    ),
    ErrorRule(
        "s3",
        "too_large",
        "final",
        "you",
        "the file is too large for it",
        "Send a smaller file.",
        (*said_by("AWS", "EntityTooLarge"), *answered("a proxy", 413)),
    ),
    ErrorRule(
        "s3",
        "name_refused",
        "final",
        "you",
        "it does not take the file's name",
        "Give the file another, shorter name.",
        (
            *said_by("AWS, SeaweedFS", "KeyTooLongError"),
            *said_by("MinIO", "XMinioInvalidObjectName", "XMinioInvalidResourceName"),
            *said_by("MinIO", "XMinioParentIsObject", "XMinioObjectExistsAsDirectory"),
            *said_by("SeaweedFS", "ExistingObjectIsDirectory"),
            *said_by("Ceph", "InvalidObjectName"),
        ),
    ),
    ErrorRule(
        "s3",
        "lost",
        "final",
        "wait",
        "it has forgotten the upload",
        "Try again.",
        (
            *said_by("AWS, SeaweedFS, MinIO", "NoSuchUpload"),
            ResponsePattern("NoSuchKey", "Ceph", asked=_PARTS),
        ),
    ),
    ErrorRule(
        "s3",
        "taken",
        "final",
        "you",
        "something else is there already, which was left alone",
        "Stage the file again; it gets another key.",
        (*said_by("AWS, SeaweedFS", "PreconditionFailed"),),
    ),
    ErrorRule(
        "s3",
        "gone",
        "final",
        "you",
        "the file is not there",
        "Stage it again; providers remove files after a while.",
        (*said_by("all of them", "NoSuchKey"), *answered("all of them, to a HEAD", 404)),
    ),
    ErrorRule(
        "s3",
        "refused",
        "final",
        "provider",
        "it cannot do what it was asked",
        _PROVIDER,
        (
            *said_by("AWS", "MethodNotAllowed", "NotImplemented", "MetadataTooLarge"),
            *said_by("AWS, SeaweedFS", "InvalidArgument", "InvalidRequest"),
            *said_by("AWS, SeaweedFS", "InvalidPart", "InvalidPartOrder", "EntityTooSmall"),
            *said_by("AWS, SeaweedFS", "MalformedXML", "InvalidRange"),
            *answered("anybody", 501, 400),
        ),
    ),
)
