"""What no server of the tests answers by itself, as products.py says that it is written.

Where the table looks at a message it is the product's to the letter; elsewhere it may be shorter.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone

from tests.error_catalog.products import (
    SECRET,
    aws,
    aws_sts,
    ceph,
    fakes3pp,
    fakes3pp_sts,
    minio,
    page,
)
from tests.error_catalog.stub import Case

# aws/service/s3/s3-errors.go of fakes3pp.
_FAULT = "We encountered an internal error, please try again."
_SIGNATURE = (
    "The request signature that the server calculated does not match the signature that you"
    " provided. Check your AWS secret access key and signing method. For more information, see"
    " Signing and authenticating REST requests."
)
_TRAILER = (
    "We do not support STREAMING-UNSIGNED-PAYLOAD-TRAILER yet.\n\t\t\t\t\tFor details or to upvote"
    " see https://github.com/VITObelgium/fakes3pp/issues/27\n\t\t\t\t\t"
)
_BAD_HEADER = "The authorization header that you provided is not valid."
_REGION = "The authorization header is malformed; the region 'eu-west-1' is wrong; expecting"
_MINIO_KEY = "Object name contains unsupported characters."
_MUST = "failed to satisfy constraint: Member must"


def s3(code: str, status: int, body: str, *, sign: str = "", asked: str = "PutObject") -> Case:
    return Case("s3", sign or code, status, body, asked)


def sts(code: str, status: int, body: str, *, sign: str = "") -> Case:
    return Case("sts", sign or code, status, body)


def link(code: str, status: int, body: str, *, sign: str = "") -> Case:
    return Case("link", sign or code, status, body, "GET")


def oidc(
    error: str, asked: str, status: int = 400, *, sign: str = "", text: str = "It says so"
) -> Case:
    body = json.dumps({"error": error, "error_description": f"{text}. {SECRET}"})
    return Case("oidc", sign or error, status, body, asked)


def _an_hour_off() -> str:
    """versity/versitygw#1514: what AWS tells of the time; ours is 47 minutes ahead of it."""
    now = datetime.now(timezone.utc) - timedelta(minutes=47)
    return aws(
        "RequestTimeTooSkewed",
        "The difference between the request time and the current time is too large.",
        f"<RequestTime>20250901T162148Z</RequestTime><ServerTime>{now:%Y-%m-%dT%H:%M:%SZ}"
        "</ServerTime><MaxAllowedSkewMilliseconds>900000</MaxAllowedSkewMilliseconds>",
    )


SKEWED = Case("s3", "RequestTimeTooSkewed", 403, _an_hour_off, "PutObject")

# Code, status and text of AWS's list of errors.
_AWS = {
    "InternalFailure": (500, "The request processing has failed because of an unknown error."),
    "ServiceUnavailable": (503, "Service is unable to handle request."),
    "SlowDown": (503, "Please reduce your request rate."),
    "Throttling": (400, "Rate exceeded"),
    "ThrottlingException": (400, "Rate exceeded"),
    "TooManyRequests": (429, "Please reduce your request rate."),
    "RequestLimitExceeded": (503, "Request limit exceeded."),
    "OperationAborted": (409, "A conflicting conditional operation is currently in progress."),
    "RequestTimeout": (400, "Your socket connection to the server was not read from in time."),
    "IncompleteBody": (
        400,
        "You did not provide the number of bytes specified by the Content-Length HTTP header.",
    ),
    "XAmzContentSHA256Mismatch": (
        400,
        "The provided 'x-amz-content-sha256' header does not match what was computed.",
    ),
    "XAmzContentChecksumMismatch": (400, "The provided checksum does not match what was computed."),
    "ExpiredToken": (400, "The provided token has expired."),
    "TokenRefreshRequired": (400, "The provided token must be refreshed."),
    "RequestExpired": (400, "Request has expired."),
    "InvalidToken": (400, "The provided token is malformed or otherwise invalid."),
    "AllAccessDisabled": (403, "All access to this object has been disabled."),
    "AccountProblem": (403, "There is a problem with your AWS account."),
    "IllegalLocationConstraintException": (400, "You are trying to access a bucket elsewhere."),
    "PermanentRedirect": (
        301,
        "The bucket you are attempting to access must be addressed using the specified endpoint.",
    ),
    "TemporaryRedirect": (307, "You are being redirected to the bucket while DNS updates."),
    "InsufficientStorage": (507, "There is not enough space."),
    "EntityTooLarge": (400, "Your proposed upload exceeds the maximum allowed size."),
    "MethodNotAllowed": (405, "The specified method is not allowed against this resource."),
    "NotImplemented": (
        501,
        "A header that you provided implies functionality that is not implemented.",
    ),
    "InvalidArgument": (400, "Invalid Argument"),
    "InvalidRequest": (400, "Invalid Request"),
    "MalformedXML": (400, "The XML that you provided was not well formed."),
    "MetadataTooLarge": (
        400,
        "Your metadata headers exceed the maximum allowed metadata size.",
    ),
}
# cmd/api-errors.go of MinIO, weed/s3api/s3err/s3api_errors.go of SeaweedFS.
_MINIO = {
    "Busy": (503, "The service is unavailable. Please retry."),
    "XMinioServerNotInitialized": (503, "Server not initialized, please try again."),
    "XMinioBackendDown": (503, "Object storage backend is unreachable"),
    "InvalidTokenId": (403, "The security token included in the request is invalid"),
    "XMinioStorageFull": (
        507,
        "Storage backend has reached its minimum free disk threshold.",
    ),
    "XMinioAdminBucketQuotaExceeded": (400, "Bucket quota exceeded"),
    "XMinioInvalidObjectName": (400, _MINIO_KEY),
    "XMinioInvalidResourceName": (
        400,
        'Resource name contains bad components such as ".." or ".".',
    ),
    "XMinioParentIsObject": (
        400,
        "Object-prefix is already an object, please choose a different object-prefix name.",
    ),
    "XMinioObjectExistsAsDirectory": (409, "Object name already exists as a directory."),
    "ErrTooManyRequest": (429, "Too many simultaneous request count"),
    "ErrRequestBytesExceed": (429, "Simultaneous request bytes exceed limitations"),
    "ExistingObjectIsDirectory": (409, "Existing Object is a directory."),
}
_PARTS = "NoSuchKey (UploadPart, CompleteMultipartUpload, ListParts, AbortMultipartUpload)"

S3 = [
    *(s3(code, status, aws(code, message)) for code, (status, message) in _AWS.items()),
    *(s3(code, status, minio(code, message)) for code, (status, message) in _MINIO.items()),
    SKEWED,
    s3(
        "AccessDenied",
        403,
        minio("AccessDenied", "Request is not valid yet"),
        sign="AccessDenied: not valid yet",
    ),
    s3(
        "AuthorizationHeaderMalformed",
        400,
        fakes3pp("AuthorizationHeaderMalformed", "Session credentials are expired"),
        sign="AuthorizationHeaderMalformed: expired",
    ),
    s3(
        "InvalidSignature",
        400,
        fakes3pp("InvalidSignature", "Expired credentials"),
        sign="InvalidSignature: expired",
    ),
    s3(
        "AuthorizationHeaderMalformed",
        400,
        fakes3pp("AuthorizationHeaderMalformed", _BAD_HEADER),
        sign="AuthorizationHeaderMalformed: that you provided is not valid",
    ),
    s3("AuthorizationHeaderMalformed", 400, aws("AuthorizationHeaderMalformed", f"{_REGION} 'x'")),
    s3(
        "InvalidSecurity",
        403,
        fakes3pp("InvalidSecurity", "The provided security credentials are not valid."),
    ),
    s3("InvalidSignature", 400, fakes3pp("InvalidSignature", _SIGNATURE)),
    s3("InvalidRegion", 400, fakes3pp("InvalidRegion", "The provided region is not valid.")),
    s3(
        "InternalError",
        500,
        fakes3pp("InternalError", _TRAILER),
        sign="InternalError: streaming-unsigned-payload-trailer",
    ),
    s3(
        "InternalError",
        500,
        fakes3pp("InternalError", _FAULT),
        sign="InternalError (DeleteObject, DeleteObjects)",
        asked="DeleteObject",
    ),
    s3("AccessDenied", 403, fakes3pp("AccessDenied", "Access Denied")),
    s3("AccessDenied", 403, ceph("AccessDenied")),
    s3("InvalidArgument", 400, ceph("InvalidArgument"), sign="InvalidArgument without a message"),
    s3("UserSuspended", 403, ceph("UserSuspended")),
    s3("InvalidObjectName", 400, ceph("InvalidObjectName")),
    s3("UnknownError", 500, ceph("UnknownError")),
    s3("QuotaExceeded", 403, ceph("QuotaExceeded")),
    s3("MissingContentLength", 411, ceph("MissingContentLength")),
    s3("NoSuchKey", 404, ceph("NoSuchKey"), sign=_PARTS, asked="UploadPart"),
    *(
        s3(str(status), status, page(status))
        for status in (301, 302, 303, 307, 308, 401, 407, 408, 411, 413, 425, 429)
    ),
    *(s3(str(status), status, page(status)) for status in (500, 501, 507, 511)),
    s3("500", 502, page(502)),
    s3("500", 504, ""),
    s3("400", 418, page(418)),
    s3("400", 400, aws("NobodyKnowsThis", "It says so.")),
]

STS = [
    sts(
        "ExpiredToken",
        400,
        fakes3pp_sts("ExpiredToken", "The web identity token that was passed is expired."),
    ),
    sts(
        "InvalidIdentityToken",
        400,
        aws_sts("InvalidIdentityToken", "No OpenIDConnect provider found in your account for x"),
    ),
    sts("IDPRejectedClaim", 403, aws_sts("IDPRejectedClaim", "responded with 400 Bad Request")),
    sts(
        "InvalidParameterValue",
        400,
        fakes3pp_sts(
            "InvalidParameterValue",
            "invalid webidentity token. If issue persist and need support share ID REQ42",
        ),
        sign="InvalidParameterValue: token",
    ),
    sts(
        "InternalError",
        500,
        fakes3pp_sts("InternalError", "provided OIDC token had already expired"),
        sign="InternalError: token had already expired",
    ),
    sts(
        "InvalidParameterValue",
        400,
        fakes3pp_sts("InvalidParameterValue", "token used before issued"),
        sign="InvalidParameterValue: used before issued",
    ),
    sts(
        "InvalidIdentityToken",
        400,
        aws_sts("InvalidIdentityToken", "Token is not yet valid"),
        sign="InvalidIdentityToken: not yet valid",
    ),
    sts(
        "AccessDenied",
        403,
        aws_sts("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity"),
    ),
    sts(
        "AccessDenied",
        403,
        fakes3pp_sts(
            "AccessDenied", "Generating temporary credentials not allowed for this request."
        ),
    ),
    sts("AccessDeniedException", 400, aws_sts("AccessDeniedException", "You may not.")),
    sts("PackedPolicyTooLarge", 400, aws_sts("PackedPolicyTooLarge", "The tags are too large.")),
    sts("AccessDenied", 403, ceph("AccessDenied"), sign="AccessDenied without a message"),
    sts("403", 403, '<?xml version="1.0"?><Refused></Refused>'),
    sts(
        "InvalidParameterValue",
        400,
        fakes3pp_sts("InvalidParameterValue", "invalid value for RoleArn: arn:aws:iam::000:role/x"),
        sign="InvalidParameterValue: rolearn",
    ),
    sts(
        "ValidationError",
        400,
        aws_sts("ValidationError", f"1 validation error detected: Value 'r' at 'roleArn' {_MUST}"),
        sign="ValidationError: rolearn",
    ),
    sts("NoSuchEntity", 404, ceph("NoSuchEntity")),
    sts("RegionDisabledException", 403, aws_sts("RegionDisabledException", "It is off.")),
    sts("InvalidAction", 400, aws_sts("InvalidAction", "The action or operation is invalid.")),
    sts("InvalidParameterValue", 400, fakes3pp_sts("InvalidParameterValue", "invalid x")),
    sts("NotXML", 200, page(200)),
    sts("403", 403, page(403)),
    sts("429", 429, page(429)),
    *(sts(str(code), code, "<a/>") for code in (401, 404, 405, 408, 429)),
    *(sts(str(code), code, page(code)) for code in (500, 501, 502, 503, 504)),
    sts(
        "ValidationError",
        400,
        aws_sts(
            "ValidationError",
            f"1 validation error detected: Value 'a:b' at 'roleSessionName' {_MUST}",
        ),
        sign="ValidationError: rolesessionname",
    ),
    sts(
        "ValidationError",
        400,
        aws_sts(
            "ValidationError",
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
        ),
        sign="ValidationError: durationseconds",
    ),
    sts(
        "InternalError",
        500,
        fakes3pp_sts(
            "InternalError", "provided duration seconds exceed the maximum of 3600000000000 seconds"
        ),
        sign="InternalError: duration seconds exceed",
    ),
    sts(
        "InternalError",
        500,
        fakes3pp_sts("InternalError", "provided expiry time is before minimal time of 15m0s"),
        sign="InternalError: expiry time is before minimal time",
    ),
    sts("InvalidDuration", 400, minio("InvalidDuration", "Duration provided is invalid.")),
    sts("InvalidArgument", 400, ceph("InvalidArgument"), sign="InvalidArgument without a message"),
    sts(
        "InternalError",
        500,
        fakes3pp_sts(
            "InternalError",
            "We encountered an internal error generating credentials, please try again.",
        ),
    ),
    sts("InternalFailure", 500, aws_sts("InternalFailure", "An unknown error.")),
    sts("Throttling", 400, aws_sts("Throttling", "Rate exceeded")),
    sts("ThrottlingException", 400, aws_sts("ThrottlingException", "Rate exceeded")),
    sts("RequestLimitExceeded", 503, aws_sts("RequestLimitExceeded", "Request limit exceeded.")),
    sts("ServiceUnavailable", 503, aws_sts("ServiceUnavailable", "It is down.")),
    sts("SlowDown", 503, fakes3pp_sts("SlowDown", "Please reduce your request rate.")),
    sts("IDPCommunicationError", 400, aws_sts("IDPCommunicationError", "It cannot be reached.")),
    sts(
        "STSNotInitialized",
        503,
        fakes3pp_sts("STSNotInitialized", "STS API not initialized, please try again."),
    ),
    sts(
        "STSIAMNotInitialized",
        503,
        fakes3pp_sts("STSIAMNotInitialized", "STS IAM not initialized, please try again."),
    ),
    sts("ValidationError", 400, aws_sts("ValidationError", "It is wrong.")),
    sts("400", 400, aws_sts("NobodyKnowsThis", "It says so.")),
]

_SERVICE = "client_credentials"
OIDC = [
    *(
        oidc(f"{word}_required", "refresh_token")
        for word in ("interaction", "login", "consent", "account_selection")
    ),
    oidc("unauthorized_client", "refresh_token", 401),
    oidc("unauthorized_client", _SERVICE, 401, sign="unauthorized_client (client_credentials)"),
    oidc("server_error", "refresh_token"),
    oidc("temporarily_unavailable", "refresh_token"),
    Case("oidc", "408", 408, page(408), "refresh_token"),
    Case("oidc", "429", 429, page(429), "refresh_token"),
    Case("oidc", "500", 503, page(503), "refresh_token"),
    oidc("invalid_scope", "refresh_token"),
    *(
        oidc(
            "invalid_grant",
            "refresh_token",
            sign=f"invalid_grant: {text.lower()} (refresh_token)",
            text=text,
        )
        for text in ("Stale token", "refresh token reuse exceeded")
    ),
    oidc("nobody_knows_this", "refresh_token", sign="400"),
]

LINK = [
    link(
        "",
        400,
        fakes3pp("InvalidSignature", "Expired URL"),
        sign="InvalidSignature: expired url",
    ),
    link(
        "",
        400,
        fakes3pp("AuthorizationHeaderMalformed", "Session credentials are expired"),
        sign="AuthorizationHeaderMalformed",
    ),
    link(
        "",
        400,
        fakes3pp("InvalidSignature", "Expired credentials"),
        sign="InvalidSignature: expired credentials",
    ),
    link("ExpiredToken", 400, aws("ExpiredToken", "The provided token has expired.")),
    link("ExpiredToken", 403, aws("ExpiredToken", "The provided token has expired.")),
    link("InvalidToken", 400, aws("InvalidToken", "The provided token is malformed.")),
    link("InvalidTokenId", 403, minio("InvalidTokenId", "The security token is invalid")),
    link(
        "InvalidSecurity",
        403,
        fakes3pp("InvalidSecurity", "The provided security credentials are not valid."),
    ),
    link("", 400, ceph("InvalidArgument"), sign="InvalidArgument without a message"),
    link("InvalidSignature", 400, fakes3pp("InvalidSignature", _SIGNATURE)),
    link(
        "AuthorizationQueryParametersError",
        400,
        aws("AuthorizationQueryParametersError", "X-Amz-Expires should be a number"),
    ),
    link("MissingSecurityHeader", 400, aws("MissingSecurityHeader", "A header is missing.")),
    link("InvalidRequest", 400, aws("InvalidRequest", "Missing Credential field.")),
    link(
        "",
        403,
        aws("AccessDenied", "Request is not valid yet"),
        sign="AccessDenied: not valid yet",
    ),
    link("RequestTimeTooSkewed", 403, ceph("RequestTimeTooSkewed")),
    link("NoSuchBucket", 404, aws("NoSuchBucket", "The specified bucket does not exist")),
    link("404", 404, ""),
    Case("link", "405 (HEAD)", 405, "", "HEAD"),
    link("AccessDenied", 403, fakes3pp("AccessDenied", "Access Denied")),
    link("AccessDenied", 403, ceph("AccessDenied")),
    *(link(str(status), status, "") for status in (401, 403, 416)),
    link("NotXML", 403, page(403)),
    *(link(str(status), status, "") for status in (301, 302, 303, 307, 308, 407, 511)),
    link("InternalError", 500, fakes3pp("InternalError", _FAULT)),
    link("SlowDown", 503, fakes3pp("SlowDown", "Please reduce your request rate.")),
    link("ServiceUnavailable", 503, aws("ServiceUnavailable", "Service is unable.")),
    link("XMinioServerNotInitialized", 503, minio("XMinioServerNotInitialized", "Not yet.")),
    link("XMinioBackendDown", 503, minio("XMinioBackendDown", "It is unreachable")),
    *(link("", status, page(status), sign=f"NotXML {status}") for status in (502, 503, 504)),
    *(link(str(status), status, "") for status in (408, 425, 429, 500)),
    link("400", 400, aws("NobodyKnowsThis", "It says so.")),
]
