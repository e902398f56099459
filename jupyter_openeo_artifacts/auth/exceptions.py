"""What can go wrong between a person, an openEO backend and its login provider.

OpenEOArtifactsError
├── BackendAddressInvalid      the address cannot be one of a backend
├── BackendNotAllowed          the administrator's list does not have it
├── BackendUnreachable         nobody answers there
│   └── BackendNotTrusted      somebody answers, but cannot prove who it is
├── BackendFailed              the backend answers with an error of its own
├── BackendRedirects           it sends us, and our token, to another host
├── NotOpenEO                  something else answers there
├── NoSuchConnection           no session of that id is open
├── NotSignedIn                no login, or it has ended
├── LoginNotConfirmed          nobody agreed to a login's use there (login_destination.py)
├── LoginDestinationChanged    what was agreed to is not what the backend names now
├── LoginNotPossible           the backend offers no login that storage accepts
│   └── LoginByEnvironment     the environment names a service account: no person signs in
├── LoginProviderUnreachable   the login provider does not answer; the login is kept
├── LoginProviderFailed        the login provider answers what nobody can use
├── LoginNotKept               signed in, but not for longer than this session
├── LoginFailed                the login provider refused
│   ├── LoginDenied            the person said no on the provider's page
│   ├── LoginExpired           nobody entered the code in time
│   ├── LoginCancelled         the person gave up here
│   ├── ServiceLoginRefused    the id and secret of a service are wrong
│   └── LoginNotAccepted       signed in, but the backend does not take this login
├── TokenStoreNotPrivate       others can read openEO's token store, or put a login there
└── TokenStoreUnreadable       the token store is not what openEO writes
"""

from __future__ import annotations

from typing import ClassVar

from jupyter_openeo_artifacts.errors import OpenEOArtifactsError, Who


class BackendNotAllowed(OpenEOArtifactsError):
    """The administrator of this Jupyter server allows other backends only."""

    code: ClassVar[str] = "backend_not_allowed"
    who: ClassVar[Who] = "you"


def not_public(host: str) -> BackendNotAllowed:
    """Return the error for a host at no public address, where only those may be asked."""
    return BackendNotAllowed(
        f"{host} is on this machine or in a private network, where this Jupyter server does not"
        " go.",
        todo="Choose another backend, or ask the server's administrator to add yours.",
    )


class BackendUnreachable(OpenEOArtifactsError):
    """No answer from the backend's address."""

    code: ClassVar[str] = "backend_unreachable"
    who: ClassVar[Who] = "wait"


class BackendNotTrusted(BackendUnreachable):
    """No encrypted connection: a certificate that cannot be verified, or no TLS at all."""

    code: ClassVar[str] = "backend_not_trusted"
    who: ClassVar[Who] = "provider"


class BackendFailed(OpenEOArtifactsError):
    """The backend answered with a server error."""

    code: ClassVar[str] = "backend_failed"
    who: ClassVar[Who] = "provider"


class BackendRedirects(OpenEOArtifactsError):
    """The backend points to another host, where a token of this one must not go."""

    code: ClassVar[str] = "backend_redirects"
    who: ClassVar[Who] = "you"


class NotOpenEO(OpenEOArtifactsError):
    """Something answers at the address, but not an openEO API of version 1."""

    code: ClassVar[str] = "backend_not_openeo"
    who: ClassVar[Who] = "you"


class NoSuchConnection(OpenEOArtifactsError):
    """No session of that id is open."""

    code: ClassVar[str] = "no_such_connection"
    who: ClassVar[Who] = "you"


class NotSignedIn(OpenEOArtifactsError):
    """There is no login for the backend, or it has ended."""

    code: ClassVar[str] = "not_signed_in"
    who: ClassVar[Who] = "you"


class SignedOutElsewhere(NotSignedIn):
    """The login was ended by a sign-out in another program, such as the panel."""

    def __init__(self, title: str) -> None:
        super().__init__(
            f"You have signed out at {title} in the panel or another program.",
            todo="Sign in again there, or make a connection here and call authenticate_oidc().",
        )
        self.title = title

    def __reduce__(self) -> tuple[type[SignedOutElsewhere], tuple[str]]:
        return type(self), (self.title,)


class LoginDestinationChanged(OpenEOArtifactsError):
    """The backend names other hosts now than those that were agreed to; nothing was sent."""

    code: ClassVar[str] = "login_destination_changed"
    who: ClassVar[Who] = "you"


class LoginNotPossible(OpenEOArtifactsError):
    """The backend offers no OpenID login that can be done from here."""

    code: ClassVar[str] = "login_not_possible"
    who: ClassVar[Who] = "provider"


class LoginByEnvironment(LoginNotPossible):
    """`OPENEO_AUTH_METHOD` says who is signed in, so that no person can be."""

    code: ClassVar[str] = "login_by_environment"
    who: ClassVar[Who] = "you"


class LoginProviderUnreachable(OpenEOArtifactsError):
    """The login provider does not answer; nothing is lost, a stored login is kept."""

    code: ClassVar[str] = "login_provider_unreachable"
    who: ClassVar[Who] = "wait"


class LoginProviderFailed(OpenEOArtifactsError):
    """The login provider's answer cannot be used."""

    code: ClassVar[str] = "login_provider_failed"
    who: ClassVar[Who] = "provider"


class LoginNotKept(OpenEOArtifactsError):
    """The login provider hands out no refresh token: the login ends with its access token."""

    code: ClassVar[str] = "login_not_kept"
    who: ClassVar[Who] = "provider"
    ends_at: float | None = None
    """Seconds of the wall clock; None where nobody says."""


class LoginFailed(OpenEOArtifactsError):
    """The login provider refused the login."""

    code: ClassVar[str] = "login_failed"
    who: ClassVar[Who] = "provider"


class ClientSecretNotSent(LoginFailed):
    """The openEO client's configuration has a secret, but not for the issuer that is named now."""

    who: ClassVar[Who] = "you"


class LoginDenied(LoginFailed):
    """The login was refused on the provider's page."""

    code: ClassVar[str] = "login_denied"
    who: ClassVar[Who] = "you"


class LoginExpired(LoginFailed):
    """The code was not entered in time."""

    code: ClassVar[str] = "login_expired"
    who: ClassVar[Who] = "you"


class LoginCancelled(LoginFailed):
    """The login was cancelled on this side."""

    code: ClassVar[str] = "login_cancelled"
    who: ClassVar[Who] = "you"


class ServiceLoginRefused(LoginFailed):
    """The login provider does not accept the id and secret that a service signs in with."""

    code: ClassVar[str] = "login_secret_refused"
    who: ClassVar[Who] = "you"


class LoginNotAccepted(LoginFailed):
    """The login provider knows the person, but the backend does not take the token."""

    code: ClassVar[str] = "login_not_accepted"
    who: ClassVar[Who] = "provider"


class TokenStoreNotPrivate(OpenEOArtifactsError):
    """Others on this machine could read the stored logins."""

    code: ClassVar[str] = "token_store_not_private"
    who: ClassVar[Who] = "you"


class TokenStoreUnreadable(OpenEOArtifactsError):
    """A file of the openEO client cannot be read as what it should be."""

    code: ClassVar[str] = "token_store_unreadable"
    who: ClassVar[Who] = "you"
