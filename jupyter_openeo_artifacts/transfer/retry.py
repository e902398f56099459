"""Retries within a time budget, exponential backoff with full jitter."""

from __future__ import annotations

import random
import threading
import time
from typing import TYPE_CHECKING, Protocol, TypeVar

from jupyter_openeo_artifacts.s3.error_mapping import StorageSeen, classify_error

if TYPE_CHECKING:
    from collections.abc import Callable

    from jupyter_openeo_artifacts.concurrency.cancellation import CancelToken
    from jupyter_openeo_artifacts.s3.error_mapping import RetryDecision
    from jupyter_openeo_artifacts.transfer.config import RetryPolicy, UploadObserver


T = TypeVar("T")

FEW = 4
"""Tries after the first for what is not likely to pass (damaged bytes, a wrong clock)."""


class RenewableCredentials(Protocol):
    """What a client signs with, as far as a refusal may mean that it has ended."""

    def renew_expired(self) -> None:
        """Get new credentials: storage said that these have expired."""

    def renew_if_possible(self) -> None:
        """Try to get new ones, keeping these if that fails: for a refusal of unknown origin."""


class Retrier:
    """Runs the requests of one upload; its threads share one patience and one renewal.

    Parameters
    ----------
    host
        Named in errors.
    policy
        For how long to try, and how long to wait in between.
    stop
        Ends every wait; nothing is tried after it.
    contact
        Whether the storage has shown itself, which is noted here; one's own if not given.
    credentials
        Renewed once when they are refused, and again only after they have worked in between.
    observer
        Told what keeps requests failing.
    """

    def __init__(
        self,
        host: str,
        policy: RetryPolicy,
        stop: CancelToken,
        contact: StorageSeen | None = None,
        *,
        credentials: RenewableCredentials | None = None,
        observer: UploadObserver | None = None,
        clock: Callable[[], float] = time.monotonic,
        jitter: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self._host = host
        self._stop = stop
        self._contact = contact or StorageSeen()
        self._policy = policy
        self._observer = observer
        self._renewal = CredentialRefresh(credentials)
        self._clock = clock
        self._jitter = jitter
        self._lock = threading.Lock()
        self._failing_since: float | None = None
        self._told = False

    def run(self, action: str, attempt: Callable[[], T], *, bucket: str = "") -> T:
        """Return what `attempt` returns, trying it again where that makes sense.

        Parameters
        ----------
        action
            Said after "could not" in the error.
        bucket
            Named in the error of a denied first request.

        Raises
        ------
        Cancelled
            `stop` was cancelled.
        OpenEOArtifactsError
            It is no use, or was none for as long as there was patience.
        """
        tries = 0
        stale: tuple[RetryDecision, int] | None = None
        while True:
            self._stop.raise_if_cancelled()
            begun = self._clock()
            try:
                if stale:
                    with self._stop.cover():
                        self._renew(*stale)
                    stale = None
                generation = self._renewal.generation
                with self._stop.cover():
                    result = attempt()
            except Exception as error:
                self._stop.raise_if_cancelled()  # what broke then is of no interest
                verdict = classify_error(
                    error,
                    action=action,
                    host=self._host,
                    contact=self._contact,
                    bucket=bucket,
                )
                if verdict is None:
                    raise
                if verdict.own:
                    self._contact.note()
                if self._is_stale(verdict, generation):
                    stale = verdict, generation
                    continue
                delay = self._delay(verdict, tries, begun)
                if delay is None:
                    if verdict.error is error:
                        raise
                    raise verdict.error from error
            else:
                self._succeeded(generation)
                return result
            self._stop.wait(delay)
            tries += 1

    def _is_stale(self, verdict: RetryDecision, generation: int) -> bool:
        """Whether new credentials may help; `generation` is that of the refused ones."""
        doubtful = verdict.maybe_expired and self._renewal.is_possible
        if verdict.kind == "denied" or doubtful:
            # Another part may have renewed them since.
            return self._renewal.has_worked or generation != self._renewal.generation
        return verdict.kind == "credentials"

    def _renew(self, verdict: RetryDecision, generation: int) -> None:
        if not self._renewal.renew(generation, doubtful=verdict.maybe_expired):
            raise verdict.error

    def _succeeded(self, generation: int) -> None:
        self._contact.note()
        self._renewal.worked(generation)
        with self._lock:
            self._failing_since = None
            told, self._told = self._told, False
        if told and self._observer is not None:
            self._observer.on_retrying(None)

    def _delay(self, verdict: RetryDecision, tries: int, begun: float) -> float | None:
        """Return the seconds to wait before the next try; None when it is to be given up."""
        if verdict.kind in ("final", "denied") or (verdict.kind == "few" and tries >= FEW):
            return None
        with self._lock:
            if self._failing_since is None or begun < self._failing_since:
                self._failing_since = begun
            failing = self._clock() - self._failing_since
            tell = failing >= self._policy.report_after and not self._told
            self._told = self._told or tell
        left = self._policy.patience - failing
        if left <= 0:
            return None
        if tell and self._observer is not None:
            self._observer.on_retrying(verdict.error)
        asked = verdict.retry_after or 0.0
        if asked > left:
            return None
        most = self._policy.first_delay * 2.0 ** min(tries, 20)
        # A storage that asks for less than that (0 is common) is in need of it all the same.
        return min(left, max(asked, self._jitter(0.0, min(most, self._policy.longest_delay))))


class CredentialRefresh:
    """Counts generations of credentials, and renews one only when it is the newest.

    Parameters
    ----------
    credentials
        None where they cannot be renewed.
    """

    def __init__(self, credentials: RenewableCredentials | None) -> None:
        self._credentials = credentials
        self._lock = threading.Lock()
        self._worked = False
        self.generation: int = 0

    def worked(self, generation: int) -> None:
        """Hear that a request with these was accepted."""
        if generation == self.generation:
            self._worked = True

    @property
    def is_possible(self) -> bool:
        """Whether there is anything that could renew them."""
        return self._credentials is not None

    @property
    def has_worked(self) -> bool:
        """Whether a request with the newest was accepted."""
        return self._worked

    def renew(self, generation: int, *, doubtful: bool = False) -> bool:
        """Replace that generation, unless another thread has; return whether to ask again.

        False where nothing can renew them, or where those just renewed were refused as well.
        """
        with self._lock:
            if generation != self.generation:
                return True
            held = self._credentials
            if held is None or (self.generation > 0 and not self._worked):
                return False
            (held.renew_if_possible if doubtful else held.renew_expired)()
            self.generation += 1
            self._worked = False
            return True
