"""What login providers and a storage's login service (STS) answer.

https://datatracker.ietf.org/doc/html/rfc6749#section-5.2 and 4.1.2.1,
https://datatracker.ietf.org/doc/html/rfc8628#section-3.5,
https://openid.net/specs/openid-connect-core-1_0.html#AuthError,
https://datatracker.ietf.org/doc/html/rfc8707#section-2;
https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html (AWS),
aws/service/sts/server.go of VITObelgium/fakes3pp, cmd/sts-errors.go of MinIO; SeaweedFS 4.48 and
Ceph 16 as measured.
"""

from __future__ import annotations

from jupyter_openeo_artifacts.error_catalog.response import NOT_XML
from jupyter_openeo_artifacts.error_catalog.rule import (
    ErrorRule,
    ResponsePattern,
    answered,
    said_by,
)

_TELL = "Sign in again; if it stays so, tell the provider of the backend."
_SERVICE = ("client_credentials",)
_RENEWAL = ("refresh_token",)
_CORE = "OpenID Connect Core, 3.1.2.6"
_CODES, _OAUTH, _AUTHORIZE = "RFC 8628, 3.5", "RFC 6749, 5.2", "RFC 6749, 4.1.2.1"

OIDC_ROWS = (
    ErrorRule(
        "oidc",
        "pending",
        "again",
        "you",
        "{at} waits for the code to be entered.",
        "Enter the code on the login page.",
        said_by(_CODES, "authorization_pending"),
    ),
    ErrorRule(
        "oidc",
        "too_fast",
        "again",
        "wait",
        "{at} wants to be asked less often.",
        "Wait a moment.",
        said_by(_CODES, "slow_down"),
    ),
    ErrorRule(
        "oidc",
        "denied",
        "final",
        "you",
        "The sign-in was refused on the login page.",
        "Sign in again, and allow it.",
        said_by(_CODES, "access_denied"),
    ),
    ErrorRule(
        "oidc",
        "code_expired",
        "final",
        "you",
        "The code was not entered in time.",
        "Sign in again to get a new one.",
        said_by(_CODES, "expired_token"),
    ),
    ErrorRule(
        "oidc",
        "login_ended",
        "final",
        "you",
        "Your login at {at} has ended.",
        "Sign in again.",
        # Expired, revoked, or rotated and used a second time: few say which.
        (ResponsePattern("invalid_grant", _OAUTH, asked=_RENEWAL),),
    ),
    ErrorRule(
        "oidc",
        "login_reused",
        "final",
        "you",
        "Your login at {at} has ended: another program has used its refresh token, too.",
        "Sign in again; in notebooks stage by the magic or the widget, which share the login.",
        (
            ResponsePattern("invalid_grant", "the demo", "token was used before", asked=_RENEWAL),
            ResponsePattern(
                "invalid_grant", "Keycloak", "refresh token reuse exceeded", asked=_RENEWAL
            ),
            ResponsePattern("invalid_grant", "Keycloak", "stale token", asked=_RENEWAL),
        ),
    ),
    ErrorRule(
        "oidc",
        "person_wanted",
        "final",
        "you",
        "{at} wants to see you before your login goes on.",
        "Sign in again.",
        (
            *said_by(_CORE, "interaction_required", "login_required", "consent_required"),
            *said_by(_CORE, "account_selection_required"),
        ),
    ),
    ErrorRule(
        "oidc",
        "grant_refused",
        "final",
        "provider",
        "The login provider {at} refused: it does not know this sign-in any more",
        _TELL,
        said_by(_OAUTH, "invalid_grant"),
    ),
    ErrorRule(
        "oidc",
        "secret_wrong",
        "final",
        "you",
        "The login provider {at} refused: it does not accept the client's id and secret",
        "Set OPENEO_AUTH_CLIENT_ID and OPENEO_AUTH_CLIENT_SECRET to what the provider gave you.",
        (
            ResponsePattern("invalid_client", _OAUTH, asked=_SERVICE),
            ResponsePattern("unauthorized_client", _OAUTH, asked=_SERVICE),
        ),
    ),
    ErrorRule(
        "oidc",
        "client_refused",
        "final",
        "provider",
        "The login provider {at} refused: it does not let this program sign people in",
        "Tell the provider of the backend: the client that it advertises does not work.",
        said_by(_OAUTH, "invalid_client", "unauthorized_client", "unsupported_grant_type"),
    ),
    ErrorRule(
        "oidc",
        "busy",
        "again",
        "wait",
        "The login provider {at} does not answer.",
        "Try again later.",
        (
            *said_by(_AUTHORIZE, "server_error", "temporarily_unavailable"),
            *answered("a proxy", 408, 429, 500),
        ),
    ),
    ErrorRule(
        "oidc",
        "refused",
        "final",
        "provider",
        "The login provider {at} refused",
        _TELL,
        (
            *said_by(_OAUTH, "invalid_request", "invalid_scope"),
            *said_by("RFC 8707, 2", "invalid_target"),
            *answered("anybody", 400),
        ),
    ),
)

_SUPPORT = "Try again later; if it stays so, give the backend's provider this request id."
_VALUE, _INVALID, _FAULT = "InvalidParameterValue", "ValidationError", "InternalError"

STS_ROWS = (
    ErrorRule(
        "sts",
        "login_ended",
        "final",
        "you",
        "The storage no longer accepts your login.",
        "Sign in again.",
        (
            *said_by("AWS, SeaweedFS", "ExpiredTokenException"),
            *said_by("MinIO", "ExpiredToken"),
            *said_by("AWS", "InvalidIdentityToken", "IDPRejectedClaim"),
            ResponsePattern(_VALUE, "fakes3pp, SeaweedFS", word="token"),
            ResponsePattern(_FAULT, "fakes3pp", word="token had already expired"),
            *answered("a proxy", 401),
        ),
    ),
    ErrorRule(
        "sts",
        "login_too_young",
        "few",
        "wait",
        "The storage says that your login is not valid yet: its clock and the login provider's"
        " differ.",
        "Wait a minute and try again; if it stays so, tell the backend's provider.",
        (
            ResponsePattern(_VALUE, "SeaweedFS", word="not valid yet"),
            ResponsePattern(_VALUE, "SeaweedFS", word="used before issued"),
            ResponsePattern("InvalidIdentityToken", "AWS", word="not yet valid"),
        ),
    ),
    ErrorRule(
        "sts",
        "not_allowed",
        "final",
        "provider",
        "The storage does not let your account stage artifacts.",
        "Ask the backend's provider for the right to, and give this request id.",
        (
            # SeaweedFS: the trust policy refuses.
            *said_by("AWS, fakes3pp, SeaweedFS", "AccessDenied", "AccessDeniedException"),
            *said_by("AWS", "PackedPolicyTooLarge"),
        ),
    ),
    ErrorRule(
        "sts",
        "login_doubtful",
        "final",
        "provider",
        "The storage does not let your account stage artifacts, or no longer accepts your login.",
        "Sign in again; if that does not help, ask the backend's provider for the right to, and"
        " give this request id.",
        (ResponsePattern("AccessDenied", "Ceph", silent=True), *answered("a proxy", 403)),
    ),
    ErrorRule(
        "sts",
        "role_unknown",
        "final",
        "provider",
        "The storage does not know the role that the backend advertises.",
        "Please tell the backend's provider.",
        (
            ResponsePattern("AccessDenied", "SeaweedFS", word="role not found"),
            ResponsePattern(_VALUE, "fakes3pp", word="rolearn"),
            ResponsePattern(_INVALID, "AWS", word="rolearn"),
            *said_by("AWS, Ceph", "NoSuchEntity"),
        ),
    ),
    ErrorRule(
        "sts",
        "setup_broken",
        "final",
        "provider",
        "The storage's login service does not do what the backend advertises.",
        "Please tell the backend's provider.",
        (
            *said_by("AWS", "MalformedPolicyDocument", "RegionDisabledException"),
            *said_by("AWS, SeaweedFS", "InvalidAction", "MissingParameter"),
            *said_by("fakes3pp, SeaweedFS", _VALUE),
            *said_by("a proxy, a web page", NOT_XML),
            *answered("another service", 404, 405, 501),
        ),
    ),
    ErrorRule(
        "sts",
        "name_refused",
        "final",
        "provider",
        "The storage's login service does not take the name of the session.",
        "Please tell the backend's provider, with this request id.",
        (
            ResponsePattern(_VALUE, "SeaweedFS", word="rolesessionname"),
            ResponsePattern(_INVALID, "AWS", word="rolesessionname"),
        ),
    ),
    ErrorRule(
        "sts",
        "session_too_long",
        "shorter",
        "provider",
        "The storage's login service grants no session of a length that was asked for.",
        "Give session_seconds in the config, or ask the backend's provider how long one may be.",
        (
            ResponsePattern(_VALUE, "SeaweedFS", word="durationseconds"),
            ResponsePattern(_INVALID, "AWS", word="durationseconds"),
            ResponsePattern(_FAULT, "fakes3pp", word="duration seconds exceed"),
            ResponsePattern(_FAULT, "fakes3pp", word="expiry time is before minimal time"),
            *said_by("MinIO", "InvalidDuration"),
            ResponsePattern("InvalidArgument", "Ceph", silent=True),
        ),
    ),
    ErrorRule(
        "sts",
        "fault",
        "shorter",  # fakes3pp may mean the length of the session
        "provider",
        "The storage's login service has a fault.",
        _SUPPORT,
        (*said_by("all of them", _FAULT, "InternalFailure"), *answered("a proxy", 500)),
    ),
    ErrorRule(
        "sts",
        "busy",
        "again",
        "wait",
        "The storage's login service is busy.",
        "Wait a moment and try again; if it stays so, tell the provider.",
        (
            *said_by("AWS", "Throttling", "ThrottlingException", "RequestLimitExceeded"),
            *said_by("AWS", "ServiceUnavailable", "IDPCommunicationError"),
            *said_by("SeaweedFS, fakes3pp", "SlowDown"),
            *said_by("MinIO", "STSNotInitialized", "STSIAMNotInitialized"),
            *answered("a proxy", 408, 429, 502, 503, 504),
        ),
    ),
    ErrorRule(
        "sts",
        "refused",
        "final",
        "provider",
        "The storage's login service refused.",
        _SUPPORT,
        (*said_by("AWS", _INVALID), *answered("Ceph, anybody", 400)),
    ),
)
