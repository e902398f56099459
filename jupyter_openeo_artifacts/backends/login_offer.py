"""How somebody may be signed in at a backend, and what needs nobody."""

from __future__ import annotations

import shlex
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.auth.device_flow import DeviceCode
from jupyter_openeo_artifacts.auth.exceptions import (
    BackendFailed,
    BackendRedirects,
    BackendUnreachable,
    ClientSecretNotSent,
    LoginByEnvironment,
    LoginDestinationChanged,
    LoginNotPossible,
    NotSignedIn,
    not_public,
)
from jupyter_openeo_artifacts.auth.logins import ClientLogin, StoredLogin
from jupyter_openeo_artifacts.auth.oauth_client import OAuthClient
from jupyter_openeo_artifacts.auth.provider_metadata import LoginProvider
from jupyter_openeo_artifacts.backends.discovery import probe
from jupyter_openeo_artifacts.backends.login_destination import LoginDestination, LoginNotConfirmed
from jupyter_openeo_artifacts.backends.oidc_providers import listed_providers
from jupyter_openeo_artifacts.errors import OpenEOArtifactsError
from jupyter_openeo_artifacts.urls import host_of, is_public, origin_text

if TYPE_CHECKING:
    from jupyter_openeo_artifacts.auth.provider_metadata import ListedProvider
    from jupyter_openeo_artifacts.auth.token_store import TokenStore
    from jupyter_openeo_artifacts.auth.tokens import Login, Tokens
    from jupyter_openeo_artifacts.backends.approvals import Approvals, How
    from jupyter_openeo_artifacts.backends.discovery import Probe


class LoginOffer:
    """What one backend offers, asked of it without a token.

    Attributes
    ----------
    backend
        What it said of itself when it was asked last.
    destination
        Where the login that was spoken of last goes or would go; None where none is known.
    shown
        Where the login of the last code goes, whatever the backend has named since.
    """

    def __init__(self, backend: Probe, store: TokenStore, approvals: Approvals) -> None:
        self.backend: Probe = backend
        self.destination: LoginDestination | None = None
        self.shown: LoginDestination | None = None
        self._store = store
        self._approvals = approvals
        self._just_asked = True

    def silent_login(self) -> FoundLogin | None:
        """Return the login that needs nobody; parameters and errors of `sign_in_silently`.

        Before anybody is asked, the backend is: since it was, it may name others, to whom somebody
        has agreed in another process.
        """
        just_asked, self._just_asked = self._just_asked, False
        try:
            return self._silent_login()
        except LoginNotConfirmed:
            if just_asked:
                raise
        self._look_again()
        return self._silent_login()

    def _silent_login(self) -> FoundLogin | None:
        listed = listed_providers(self.backend)
        first = ClientLogin.provider_of(listed)
        first = first or next((one for one in listed if one.client_id), None)
        self.destination = destination_at(self.backend, first) if first else None
        try:
            found = sign_in_silently(self.backend, listed, self._store, self._approvals)
        except LoginNotConfirmed as error:
            self.destination = error.destination
            raise
        if found is not None:
            self.destination = found.destination
        return found

    def device_code(self) -> tuple[OAuthClient, DeviceCode]:
        """Ask for a code at the first provider that has one.

        Raises
        ------
        LoginByEnvironment
            The environment says who is signed in, so that no person can be.
        LoginNotPossible, LoginFailed, LoginProviderUnreachable, LoginProviderFailed
            There is no code for us.
        BackendUnreachable, BackendFailed
            The backend does not say who its provider is.
        """
        listed = listed_providers(self.backend)
        service = ClientLogin.provider_of(listed)
        if service is not None:
            raise LoginByEnvironment(
                f"The environment says to sign in as the service account {service.client_id!r}.",
                todo="To sign in as a person, unset OPENEO_AUTH_METHOD and restart.",
            )
        problem: LoginNotPossible | None = None
        for one in listed:
            self._require_secret_for(one)
            try:
                client = OAuthClient(LoginProvider.discover(one))
                code = DeviceCode.request(client)
            except LoginNotPossible as error:  # this provider cannot, perhaps the next one can
                problem = problem or error
            else:
                self.destination = self.shown = destination_at(self.backend, one)
                return client, code
        assert problem
        raise problem

    def _require_secret_for(self, one: ListedProvider) -> None:
        """Return if the configured secret of a client, where it has one, may go to its issuer.

        That is the backend's to name, and it may name another one than when the secret was given.
        """
        if one.client_secret is None or one.secret_is_for_issuer:
            return
        if self._approvals.how(destination_at(self.backend, one)) is None:
            host, address = host_of(one.issuer), shlex.quote(self.backend.backend)
            raise ClientSecretNotSent(
                f"Your openEO configuration has a client secret for the login provider {one.id!r},"
                f" but not for {host}, which the backend names.",
                todo=f"Nothing was sent. If {host} may have it, give it anew:"
                f" openeo-auth add-oidc {address}",
            )

    def confirmed_login(self, shown: LoginDestination, *, service: bool) -> FoundLogin | None:
        """Note that somebody agrees to `shown`, and return the login that goes there.

        Parameters
        ----------
        service
            Whether it may be a service account's. That is its owner's to agree to: the one who
            writes the command line or the administrator's list, not who clicks in a page.

        Raises
        ------
        LoginDestinationChanged
            That is not what would be asked now; nothing was sent.
        OpenEOArtifactsError
            As for `silent_login`.
        """
        self._look_again()
        try:
            return self._silent_login()
        except LoginNotConfirmed as asked:
            if asked.destination != shown:
                raise LoginDestinationChanged(
                    f"{host_of(shown.root)} names others now than those that were agreed to.",
                    todo="Nothing was sent. Look at whom it names now, then agree to that.",
                ) from asked
            if shown.service and not service:
                raise
        self._approvals.approve(shown, "user")
        return self._silent_login()

    def use_shown_destination(self) -> Probe:
        """Send the login only to the backend that was on screen with the latest code; return it."""
        self.destination = self.shown
        return replace(self.backend, root=self.shown.root) if self.shown else self.backend

    def approve_device_login(self) -> None:
        """Note the approval that a sign-in by the latest code gives."""
        if self.shown:
            self._approvals.approve(self.shown, "device_login")

    def approved(self) -> How | None:
        """Return how the login's use here was approved, None where it was not."""
        return self._approvals.how(self.destination) if self.destination else None

    def require_approved(self) -> None:
        """Return if the login may be used here.

        Raises
        ------
        LoginNotConfirmed
            Nobody has agreed to it, or not any more.
        """
        if self.destination:
            self._approvals.require(self.destination)

    def withdraw(self) -> None:
        """Forget what was agreed to for this backend.

        Raises
        ------
        RecordsUnusable
            It cannot be noted.
        """
        self._approvals.withdraw(origin_text(self.backend.root))

    def covers(self, sts: str, s3: str) -> bool:
        """Tell whether the login may be shown to a storage, given by its endpoints.

        If not, the backend is asked again and `destination` has that storage in it, until another
        one is asked about.
        """
        if self.destination is None:
            return True
        if self._approvals.how(self.destination.with_storage(sts, s3)):
            return True
        self.backend = replace(self.backend, used=(sts, s3))
        self._look_again()
        return False

    def require_public(self, *endpoints: str) -> None:
        """Return if the endpoints of a storage may be asked, by where they are.

        Raises
        ------
        BackendNotAllowed
            Not at a public address.
        """
        for url in endpoints:
            if self.backend.public_only and not is_public(url):
                raise not_public(host_of(url))

    def forget(self) -> None:
        """Take off the store the logins that are for this backend, such as while one is down.

        Those that nobody has agreed to use here are another backend's.
        """
        with suppress(BackendUnreachable, BackendFailed, BackendRedirects, LoginNotPossible):
            for one in listed_providers(self.backend):
                if one.client_id and self._approvals.how(destination_at(self.backend, one)):
                    self._store.remove(one.issuer, one.client_id)

    def _look_again(self) -> None:
        """Ask the backend again what it names; what was known stays where it does not answer."""
        with suppress(OpenEOArtifactsError):
            found = probe(self.backend.backend, public_only=self.backend.public_only)
            self.backend = replace(found, used=self.backend.used)
        was = self.destination
        if was:
            self.destination = LoginDestination.of(
                self.backend, was.issuer, was.client_id, service=was.service
            )


@dataclass(frozen=True)
class FoundLogin:
    """A login that needs nobody, its first tokens, and whom it is for."""

    login: Login
    tokens: Tokens
    destination: LoginDestination


def sign_in_silently(
    backend: Probe, listed: list[ListedProvider], store: TokenStore, approvals: Approvals
) -> FoundLogin | None:
    """Return a login that needs nobody and is approved for this backend; None where there is none.

    The service account in the environment, where `OPENEO_AUTH_METHOD` is set; else the refresh
    token in openEO's store for the provider that the openEO client would choose, or for another one
    of the backend's.

    Raises
    ------
    NotSignedIn
        There was a stored login, but it has ended.
    LoginNotConfirmed
        There is one, but nobody has agreed to its use here; nothing was sent.
    OpenEOArtifactsError
        There may be a login, but it cannot be used now; nothing stored is lost.
    """
    service = ClientLogin.provider_of(listed)
    if service is not None:
        destination = destination_at(backend, service)
        approvals.require(destination)
        login = ClientLogin.at(service)
        return FoundLogin(login, login.renew(), destination)
    problem: NotSignedIn | LoginNotConfirmed | None = None
    for one in listed:
        if not one.client_id or not store.get(one.issuer, one.client_id):
            continue
        destination = destination_at(backend, one)
        try:
            approvals.require(destination)
            stored = StoredLogin(OAuthClient(LoginProvider.discover(one)), store)
            return FoundLogin(stored, stored.renew(), destination)
        except (LoginNotConfirmed, NotSignedIn) as error:  # perhaps the next one can be used
            problem = problem or error
    if problem:
        raise problem
    return None


def destination_at(backend: Probe, one: ListedProvider) -> LoginDestination:
    """Return where a login at one of the backend's providers goes or would go."""
    return LoginDestination.of(backend, one.issuer, one.client_id or "", service=one.is_service)
