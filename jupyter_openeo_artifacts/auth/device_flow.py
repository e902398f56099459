"""A login with a code: what the provider answers, and a state to look at, wait for and cancel."""

from __future__ import annotations

import logging
import secrets
import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, Literal

from jupyter_openeo_artifacts.auth.exceptions import (
    LoginCancelled,
    LoginFailed,
    LoginNotPossible,
    LoginProviderFailed,
    LoginProviderUnreachable,
)
from jupyter_openeo_artifacts.auth.http_client import ANSWER_SECONDS, plain
from jupyter_openeo_artifacts.auth.oauth_client import Refused
from jupyter_openeo_artifacts.auth.tokens import seconds
from jupyter_openeo_artifacts.concurrency.process_end import call_after_fork
from jupyter_openeo_artifacts.concurrency.signal import Signal
from jupyter_openeo_artifacts.errors import (
    OpenEOArtifactsError,
    ResourcesExhausted,
    out_of_threads,
    without_texts,
)
from jupyter_openeo_artifacts.formatting import text
from jupyter_openeo_artifacts.urls import may_lead

if TYPE_CHECKING:
    from collections.abc import Callable

    from jupyter_openeo_artifacts.auth.oauth_client import OAuthClient
    from jupyter_openeo_artifacts.auth.provider_metadata import LoginProvider
    from jupyter_openeo_artifacts.auth.tokens import Tokens

_INTERVAL = 5.0  # RFC 8628, section 3.2, where the provider says nothing
_SHORTEST = 0.1
_LONGEST = 1800.0
_LONGEST_CODE = 8192


@dataclass(frozen=True)
class DeviceCode:
    """What a provider answers to a device authorization request (RFC 8628, section 3.2).

    `interval` is in seconds, between two questions whether the person is done. `verifier` is the
    secret half of PKCE (RFC 7636), None where the client has none.
    """

    device_code: str = field(repr=False)
    user_code: str = field(repr=False)
    verification_uri: str
    verification_uri_complete: str | None = field(repr=False)
    expires_at: datetime
    interval: float
    verifier: str | None = field(repr=False)

    @classmethod
    def request(cls, client: OAuthClient) -> DeviceCode:
        """Ask the provider for a code.

        Raises
        ------
        LoginNotPossible
            The provider has no device flow.
        LoginFailed, LoginProviderUnreachable, LoginProviderFailed
            It refuses, does not answer, or answers what cannot be used.
        """
        provider = client.provider
        if provider.device_endpoint is None:
            raise LoginNotPossible(
                f"The login provider {provider.title} does not know logins with a code.",
                todo="Ask the provider of the backend for the device flow.",
            )
        fields = dict(provider.authorization_parameters)
        verifier = secrets.token_urlsafe(64) if provider.pkce else None
        if verifier:
            from openeo.rest.auth.oidc import PkceCode

            # The hash is openEO's, the verifier is not: its comes from `random`, and RFC 7636,
            # section 7.1, wants one that cannot be guessed.
            fields["code_challenge"] = PkceCode.sha256_hash(verifier)
            fields["code_challenge_method"] = "S256"
        endpoint = provider.device_endpoint

        def ask(scope: str) -> dict[str, Any]:
            return client.post(endpoint, {**fields, "scope": scope}, seconds=ANSWER_SECONDS)

        try:
            answer = client.with_scope(ask, provider.lasting_scope)
        except Refused as refused:
            raise refused.explained(provider.title) from refused
        return cls._read(answer, provider, verifier)

    @classmethod
    def _read(
        cls, answer: dict[str, Any], provider: LoginProvider, verifier: str | None
    ) -> DeviceCode:
        # Google says "url".
        page = answer.get("verification_uri") or answer.get("verification_url")
        complete = answer.get("verification_uri_complete")
        device_code = text(answer.get("device_code"), _LONGEST_CODE)
        user_code = plain(answer.get("user_code"), 64)
        # A person will click on it: never javascript: or the like.
        usable = isinstance(page, str) and may_lead(provider.issuer, page)
        if not usable or device_code is None or not user_code:
            raise LoginProviderFailed(
                f"The login provider {provider.title} cannot be used. Its code is incomplete.",
                todo="Tell the provider of the backend.",
            )
        if not (isinstance(complete, str) and may_lead(provider.issuer, complete)):
            complete = None
        lifetime = min(seconds(answer.get("expires_in")) or _LONGEST, _LONGEST)
        return cls(
            device_code=device_code,
            user_code=user_code,
            verification_uri=str(page),
            verification_uri_complete=complete,
            expires_at=datetime.now(timezone.utc) + timedelta(seconds=lifetime),
            interval=max(_SHORTEST, seconds(answer.get("interval")) or _INTERVAL),
            verifier=verifier,
        )


LoginState = Literal["pending", "signed_in", "denied", "expired", "cancelled", "failed"]
_STATES: dict[str, LoginState] = {"denied": "denied", "code_expired": "expired"}
_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
_SLOWER = 5.0  # RFC 8628, section 3.5
_SLOWEST = 60.0
_POLL_SECONDS = 10.0
_log = logging.getLogger(__name__)


class DeviceLogin:
    """One login by the device authorization grant (RFC 8628).

    `pending`: the code waits to be entered. `signed_in`: done. `denied`: the person said no on the
    provider's page. `expired`: nobody entered the code in time. `cancelled`: given up on this
    side. `failed`: the provider refused or answered nonsense. Only `pending` is ever left.

    Parameters
    ----------
    code
        The code to enter, None for a login that needs none any more (`signed_in`).
    finish
        Takes the tokens over, before the state becomes `signed_in`; may raise to end otherwise.
        It asks `settle` before anything of it counts.
    """

    def __init__(
        self, client: OAuthClient | None, code: DeviceCode | None, finish: Callable[[Tokens], None]
    ) -> None:
        self._client = client
        self._code = code
        self._finish = finish
        self._state: LoginState = "pending" if code else "signed_in"
        self._problem: OpenEOArtifactsError | None = None
        self._settled = False
        self._stop = threading.Event()
        self._told = threading.Event()
        self._listeners: Signal[DeviceLogin] = Signal()
        if code is None:
            self._told.set()
        self.reset_after_fork()
        call_after_fork(self)

    def reset_after_fork(self) -> None:
        """Have a free lock: a thread that holds it is not there in a forked process."""
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._state}>"

    @property
    def state(self) -> LoginState:
        """Its state."""
        return self._state

    @property
    def problem(self) -> OpenEOArtifactsError | None:
        """Why it ended without a login."""
        return self._problem

    @property
    def user_code(self) -> str | None:
        """The code to enter."""
        return self._code.user_code if self._code else None

    @property
    def verification_uri(self) -> str | None:
        """The page where it is entered."""
        return self._code.verification_uri if self._code else None

    @property
    def verification_uri_complete(self) -> str | None:
        """The same page with the code filled in, None if the provider has no such page."""
        return self._code.verification_uri_complete if self._code else None

    @property
    def expires_at(self) -> datetime | None:
        """Until when the code can be entered (aware)."""
        return self._code.expires_at if self._code else None

    def start(self) -> None:
        """Begin to ask the provider, in a thread of its own; it has failed where there is none."""
        try:
            threading.Thread(target=self._run, name="openeo device login", daemon=True).start()
        except RuntimeError:
            self._end("failed", out_of_threads())

    def cancel(self) -> None:
        """Give up; at once, whatever the network does. Nothing where it has ended already."""
        self._end("cancelled", LoginCancelled("The sign-in was cancelled.", todo="Sign in again."))

    def settle(self) -> bool:
        """Tell whether nobody has given up, and let nobody do so any more."""
        with self._lock:
            self._settled = self._state == "pending"
            return self._settled

    def wait(self, timeout: float | None = None) -> LoginState:
        """Return the state once it has ended and everybody was told, or after `timeout` seconds."""
        self._told.wait(timeout)
        return self._state

    def listen(self, callback: Callable[[DeviceLogin], None]) -> Callable[[], None]:
        """Call `callback` (from any thread) when it has ended; returns a way to stop that."""
        return self._listeners.add(callback)

    def _run(self) -> None:
        try:
            self._poll()
        except Exception as error:  # noqa: BLE001  # else the thread dies and leaves "pending"
            _log.error("A login ended unexpectedly: %s", without_texts(error))
            unexpected = LoginFailed(
                f"The sign-in failed unexpectedly ({type(error).__name__}).",
                todo="Try again; the server's log has more.",
            )
            self._end("failed", unexpected, finished=True)

    def _poll(self) -> None:
        assert self._client
        assert self._code
        interval = delay = self._code.interval
        fields = {"grant_type": _GRANT, "device_code": self._code.device_code}
        if self._code.verifier:
            fields["code_verifier"] = self._code.verifier
        while not self._stop.wait(min(delay, max(0.0, self._left()))):
            if self._left() <= 0:
                self._expire()
                return
            try:
                tokens = self._client.tokens(seconds=_POLL_SECONDS, **fields)
            except (LoginProviderUnreachable, ResourcesExhausted):
                delay = min(2 * delay, _SLOWEST)  # RFC 8628, section 3.5: back off
            except OpenEOArtifactsError as error:
                self._end("failed", error)
            except Refused as refused:
                if refused.row.meaning == "too_fast":
                    interval += _SLOWER
                elif refused.row.meaning != "pending":
                    self._refuse(refused)
                delay = interval
            else:
                self._take_over(tokens)

    def _left(self) -> float:
        assert self._code
        return (self._code.expires_at - datetime.now(timezone.utc)).total_seconds()

    def _take_over(self, tokens: Tokens) -> None:
        if self._state != "pending":  # given up while they came
            self._forget(tokens)
            return
        try:
            self._finish(tokens)
        except OpenEOArtifactsError as error:
            self._forget(tokens)
            how: LoginState = "cancelled" if isinstance(error, LoginCancelled) else "failed"
            self._end(how, error, finished=True)
        else:
            self._end("signed_in", None, finished=True)

    def _forget(self, tokens: Tokens) -> None:
        """Have tokens revoked that came for nobody."""
        assert self._client
        if tokens.refresh_token:
            try:
                self._client.revoke(tokens.refresh_token)
            except (Refused, OpenEOArtifactsError):
                _log.debug("A login that was given up could not be revoked")

    def _refuse(self, refused: Refused) -> None:
        assert self._client
        problem = refused.explained(self._client.provider.title)
        self._end(_STATES.get(refused.row.meaning, "failed"), problem)

    def _expire(self) -> None:
        self._refuse(Refused("expired_token", ""))  # so the provider would say

    def _end(
        self, state: LoginState, problem: OpenEOArtifactsError | None, *, finished: bool = False
    ) -> None:
        with self._lock:
            if self._state != "pending" or (self._settled and not finished):
                return
            self._state, self._problem = state, problem
        self._stop.set()
        self._listeners.tell(self)
        self._told.set()
