"""Which sign of the table each thing that a test asks of a real server is answered by."""

from __future__ import annotations

S3 = {
    "a session token that is none": "InvalidAccessKeyId",
    "an unknown key": "InvalidAccessKeyId",
    "a wrong secret": "SignatureDoesNotMatch",
    "another's folder": "AccessDenied",
    "another's file by HEAD": "403",
    "a bucket that is not there": "NoSuchBucket",
    "a bucket of another name": "InvalidBucketName",
    "another MD5": "BadDigest",
    "no MD5": "InvalidDigest",
    "small parts": "EntityTooSmall",
    "parts in disorder": "InvalidPartOrder",
    "parts of other content": "InvalidPart",
    "a part of no upload": "NoSuchUpload",
    "a file that is not there": "NoSuchKey",
    "the same by HEAD": "404",
    "bytes that are not there": "InvalidRange",
    "a long name": "KeyTooLongError",
    "a file that must not be there": "PreconditionFailed",
    "encryption": "InternalError",
}
STS = {
    "a token with a wrong signature": "InvalidParameterValue: token",
    "a token that has expired": "ExpiredTokenException",
    "a token for later": "InvalidParameterValue: not valid yet",
    "a token of another client": "AccessDenied",
    "another role": "AccessDenied: role not found",
    "a long session": "InvalidParameterValue: durationseconds",
    "a short session": "InvalidParameterValue: durationseconds",
    "a session with a colon": "InvalidParameterValue: rolesessionname",
    "a session without a name": "MissingParameter",
    "a policy that is none": "MalformedPolicyDocument",
}
LINKS = {
    "another signature": "SignatureDoesNotMatch",
    "one that was cut": "SignatureDoesNotMatch",
    "one that was cut before the signature": "MissingFields",
    "one with more behind it": "SignatureDoesNotMatch",
    "one without all that follows the ?": "AccessDenied",
    "one copied from HTML": "AccessDenied",
    "one for another's file": "AccessDenied",
    "one for a file that is not there": "NoSuchKey",
    "one for more than a week": "AuthorizationQueryParametersError: less than a week",
}
LINKS_BESIDES = ("AccessDenied: request has expired", "403 (HEAD)", "InvalidRange")
LATE = ("InvalidAccessKeyId",)

NPM = {
    "an unknown client": "invalid_client",
    "a way in that is none": "unsupported_grant_type",
    "an unknown refresh token": "invalid_grant (refresh_token)",
    "an unknown code": "invalid_grant",
    "half a request": "invalid_request",
    "a wrong secret": "invalid_client (client_credentials)",
    "a wrong resource": "invalid_target",
    "a code that waits": "authorization_pending",
    "a code that has expired": "expired_token",
    "a code that was refused": "access_denied",
    "a refresh token for the second time": "invalid_grant (refresh_token)",
}
DEMO = {
    "an unknown client": "invalid_client",
    "a way in that is none": "unsupported_grant_type",
    "an unknown code": "invalid_grant",
    "half a request": "invalid_request",
    "a wrong secret": "invalid_client (client_credentials)",
    "more than was granted": "invalid_scope",
    "a code that waits": "authorization_pending",
    "a code that is asked for too often": "slow_down",
    "a code that was refused": "access_denied",
    "a refresh token for the second time": "invalid_grant: token was used before (refresh_token)",
}

SHOWN = {
    *(("s3", sign) for sign in S3.values()),
    *(("sts", sign) for sign in STS.values()),
    *(("link", sign) for sign in (*LINKS.values(), *LINKS_BESIDES, *LATE)),
    *(("oidc", sign) for sign in (*NPM.values(), *DEMO.values())),
}
"""Every sign that a real server shows."""
