"""What a login provider answers.

https://datatracker.ietf.org/doc/html/rfc6749#section-5.2 and 4.1.2.1,
https://datatracker.ietf.org/doc/html/rfc8628#section-3.5,
https://openid.net/specs/openid-connect-core-1_0.html#AuthError,
https://datatracker.ietf.org/doc/html/rfc8707#section-2.
"""

from __future__ import annotations

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


ROWS = (
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
