"""From an openEO login to a storage session, by AssumeRoleWithWebIdentity.

https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
"""

from __future__ import annotations

import random
import secrets
import time
from datetime import timezone
from typing import TYPE_CHECKING, Any

from jupyter_openeo_artifacts.artifacts.access_token import TokenClaims
from jupyter_openeo_artifacts.artifacts.exceptions import (
    ArtifactsException,
    LoginRefused,
    NoUsableLogin,
    ProviderSpecificException,
    StorageClocksDiffer,
    StorageLoginUnreachable,
    StorageLoginUntrusted,
)
from jupyter_openeo_artifacts.artifacts.sts_errors import NotAnSTS, STSAnswer, refuse_pages
from jupyter_openeo_artifacts.concurrency.process_end import call_after_fork
from jupyter_openeo_artifacts.error_catalog.response import NOT_XML, ProviderAnswer
from jupyter_openeo_artifacts.s3.credentials import Session
from jupyter_openeo_artifacts.s3.error_mapping import TRUST_IT, is_distrust
from jupyter_openeo_artifacts.urls import host_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from jupyter_openeo_artifacts.artifacts.access_token import StorageLogin
    from jupyter_openeo_artifacts.s3.server_clock import ServerClock
    from jupyter_openeo_artifacts.s3.settings import Storage

LENGTHS = (43_200, 28_800, 21_600, 14_400, 7_200, 3_600, 900)
"""Seconds to ask for: links live no longer than their session. The last is the least STS knows."""
LONGEST_GRANTED: dict[tuple[str, str], int] = {}
"""What an STS has granted for a role after it had refused more: each ask costs a round trip."""
_GIVEN = ("AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration")
_ATTEMPTS = 3
PATIENCE_SECONDS = 60.0
"""After which a silent STS is not asked again for one session."""
BACKOFF_SECONDS = 0.5
"""Before the second attempt; the third one waits twice as long."""


class STSSessions:
    """Obtains storage sessions for one login.

    Parameters
    ----------
    login
        What the STS is shown; may raise `NoUsableLogin`.
    clock
        Learns the storage's time from what the STS answers.
    """

    def __init__(self, storage: Storage, login: StorageLogin, clock: ServerClock) -> None:
        self._storage = storage
        self._clock = clock
        self._login = login
        self._client: Any = None
        self._seconds = storage.session_seconds
        self._granted = False
        self._claims = TokenClaims()
        call_after_fork(self)

    def reset_after_fork(self) -> None:
        """Leave its connections to the parent."""
        self._client = None

    def obtain(self) -> Session:
        """Return a new session, as long as the provider allows.

        Raises
        ------
        NoUsableLogin
            There is no login, or it has ended.
        LoginRefused, InvalidProviderConfig, ProviderSpecificException
            STS said no, for good.
        StorageLoginUntrusted
            Its certificate is not trusted here.
        StorageLoginUnreachable, StorageClocksDiffer
            It did not answer, or not yet as it should.
        """
        from botocore.exceptions import ClientError

        role = (self._storage.sts_endpoint, self._storage.role)
        first = min(self._seconds, LONGEST_GRANTED.get(role, self._seconds))
        too_long = False
        refusal: ArtifactsException | None = None
        for seconds in (first, *(each for each in LENGTHS if each < first)):
            try:
                session = self._assume(seconds)
            except Exception as error:
                answer = STSAnswer.of(error)
                if answer is None:
                    raise
                if self._granted and not answer.is_explicit_no:
                    raise self._passing(answer) from None
                refusal = self._refusal(answer)
                if isinstance(error, ClientError):  # another one holds the answer, keys and all
                    refusal.__cause__ = error
                if answer.row.kind != "shorter":
                    break
                too_long |= answer.row.meaning == "session_too_long"
            else:
                self._seconds = seconds
                if too_long:  # and not only a passing fault
                    LONGEST_GRANTED[role] = seconds
                return session
        assert refusal
        raise refusal

    def _assume(self, seconds: int) -> Session:
        if self._client is None:
            from jupyter_openeo_artifacts.s3.client import sts_client

            self._client = sts_client(self._storage, self._clock)
            # By such a name it is called before botocore's own.
            event = "before-parse.*.AssumeRoleWithWebIdentity"
            self._client.meta.events.register(event, refuse_pages)
        answer = self._patiently(lambda: self._ask(seconds))
        subject = answer.get("SubjectFromWebIdentityToken")
        if not subject:
            raise ProviderSpecificException(
                "Storage's login service did not say who you are (SubjectFromWebIdentityToken).",
                todo="Please tell the backend's provider.",
            )
        given = answer.get("Credentials", {})
        if not all(given.get(name) for name in _GIVEN):
            raise NotAnSTS(ProviderAnswer(code=NOT_XML))
        self._granted = True
        return Session(
            access_key=given["AccessKeyId"],
            secret_key=given["SecretAccessKey"],
            token=given["SessionToken"],
            subject=subject,
            obtained_at=self._clock.now(),
            expires_at=given["Expiration"].astimezone(timezone.utc),
        )

    def _ask(self, seconds: int) -> Any:
        from botocore.exceptions import ClientError

        token = self._login.access_token()
        try:
            return self._show(token, seconds)
        except (ClientError, NotAnSTS) as error:
            answer = STSAnswer.of(error)
            if answer is None or answer.row.meaning != "login_ended":
                raise
            newer = self._login.refresh_after_401(token)
            if newer == token:
                raise
        return self._show(newer, seconds)

    def _show(self, token: str, seconds: int) -> Any:
        from botocore.exceptions import ClientError

        self._claims = TokenClaims.of(token)
        try:
            return self._client.assume_role_with_web_identity(
                RoleArn=self._storage.role,
                RoleSessionName=f"openeo-artifacts-{secrets.token_hex(4)}",
                WebIdentityToken=token,
                DurationSeconds=seconds,
            )
        except (KeyError, ValueError):  # botocore's parser, of XML that is none of an STS
            raise NotAnSTS(ProviderAnswer(code=NOT_XML)) from None
        except (ClientError, NotAnSTS) as error:
            answer = STSAnswer.of(error)
            if answer is None or not answer.response.repeats([token]):
                raise
        # Out of the handler, so that no traceback has the other one, token and all.
        raise NotAnSTS(answer.response.without([token], words=answer.codes))

    @property
    def _host(self) -> str:
        return host_of(self._storage.sts_endpoint)

    def _passing(self, answer: STSAnswer) -> ArtifactsException:
        """Return the error for what passes: it has granted sessions before."""
        told = answer.error()
        if told.who == "wait":
            return told
        if not answer.response.own:
            return self._between(answer.response.status or "no answer of an STS")
        return StorageLoginUnreachable(
            told.message,
            todo="Wait a moment and try again; if it stays so, tell the provider.",
            request_id=told.request_id,
        )

    def _between(self, how: object) -> StorageLoginUnreachable:
        return StorageLoginUnreachable(
            f"Something between here and {self._host}, the storage's login service, answers in its"
            f" place ({how}).",
            todo="Perhaps the network wants a login: check that, then try again.",
        )

    def _refusal(self, answer: STSAnswer) -> ArtifactsException:
        refusal = answer.error()
        if answer.row.meaning == "login_ended" and answer.response.own:
            return self._of_token(refusal)
        if answer.row.meaning == "login_doubtful" and self._granted:
            return _ended(refusal)  # the right to it was shown before
        return refusal

    def _of_token(self, refusal: ArtifactsException) -> ArtifactsException:
        """Return what the refusal of a login means by what its token says of itself.

        fakes3pp has one text for all that can be wrong with it. Once it has granted a session, it
        is not the token's issuer that is wrong.
        """
        claims, now = self._claims, self._clock.now()
        if claims.not_before and claims.not_before > now:
            return StorageClocksDiffer(
                "The storage does not accept your login yet: its clock and the login provider's"
                " differ.",
                todo="Wait a minute and try again; if it stays so, tell the backend's provider.",
                request_id=refusal.request_id,
            )
        fresh = claims.expires_at is not None and claims.expires_at > now
        if self._granted or not fresh or claims.issuer_host is None:
            return refusal
        return LoginRefused(
            f"The storage does not take logins of {claims.issuer_host}.",
            todo="Sign in by another provider of this backend, or tell the backend's provider.",
            request_id=refusal.request_id,
        )

    def _patiently(self, call: Callable[[], Any]) -> Any:
        from botocore.exceptions import ClientError, ConnectionError, HTTPClientError  # noqa: A004

        host = self._host
        end = time.monotonic() + PATIENCE_SECONDS
        for attempt in range(1, _ATTEMPTS + 1):
            last = attempt == _ATTEMPTS
            try:
                return call()
            except (ConnectionError, HTTPClientError) as error:
                if is_distrust(error) and self._granted:
                    raise self._between("its certificate is not trusted") from error
                if is_distrust(error):
                    raise StorageLoginUntrusted(
                        f"This machine does not trust the certificate of {host}, the storage's "
                        "login service.",
                        todo=TRUST_IT,
                    ) from error
                if last or time.monotonic() > end:
                    raise StorageLoginUnreachable(
                        f"The storage's login service at {host} does not answer.",
                        todo="Wait a moment and try again; if it stays so, tell the provider.",
                    ) from error
            except (ClientError, NotAnSTS) as error:
                answer = STSAnswer.of(error)
                if last or not answer or answer.row.kind not in ("again", "few"):
                    raise
            time.sleep(random.uniform(0, BACKOFF_SECONDS * 2**attempt))  # noqa: S311  only jitter
        raise AssertionError  # the loop returns or raises


def _ended(refusal: ArtifactsException) -> NoUsableLogin:
    """Say the same of a login that has ended: what is under way is kept for the next one."""
    return NoUsableLogin(refusal.message, todo=refusal.todo, request_id=refusal.request_id)
