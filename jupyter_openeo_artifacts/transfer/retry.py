"""Asking again: as long as there is patience, with full jitter, and never when it is no use.

The only retry there is: clients are made with botocore's own switched off. Why a budget of time
and not of tries: an outage of 90 s is survived by waiting it out, and three tries in 1.5 s are not.
Jitter after https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/.
"""

from __future__ import annotations

import random
import threading
import time
from typing import TYPE_CHECKING, TypeVar

from jupyter_openeo_artifacts.transfer.contact import Contact
from jupyter_openeo_artifacts.transfer.renewal import Renewal
from jupyter_openeo_artifacts.transfer.verdict import judge

if TYPE_CHECKING:
    from collections.abc import Callable

    from jupyter_openeo_artifacts.transfer.cancel import CancelToken
    from jupyter_openeo_artifacts.transfer.config import TransferConfig
    from jupyter_openeo_artifacts.transfer.verdict import Verdict

T = TypeVar("T")

FEW = 4
"""Tries after the first for what is not likely to pass (damaged bytes, a wrong clock)."""


class Retrier:
    """Runs the requests of one upload; its threads share one patience and one renewal.

    Parameters
    ----------
    host
        Named in errors.
    config
        For how long to try, how long to wait in between, and how to renew credentials.
    stop
        Ends every wait; nothing is tried after it.
    contact
        Whether the storage has shown itself, which is noted here; one's own if not given.
    """

    def __init__(
        self,
        host: str,
        config: TransferConfig,
        stop: CancelToken,
        contact: Contact | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        jitter: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self._host = host
        self._stop = stop
        self._contact = contact or Contact()
        self._config = config
        self._renewal = Renewal(config.refresh, config.try_refresh)
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
        stale: tuple[Verdict, int] | None = None
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
                verdict = judge(
                    error,
                    action=action,
                    host=self._host,
                    contact=self._contact,
                    bucket=bucket,
                )
                if verdict is None:
                    raise
                if verdict.own:
                    self._contact.make()
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

    def _is_stale(self, verdict: Verdict, generation: int) -> bool:
        """Whether new credentials may help; `generation` is that of the refused ones."""
        doubtful = verdict.maybe_expired and self._config.refresh is not None
        if verdict.kind == "denied" or doubtful:
            # Another part may have renewed them since.
            return self._renewal.has_worked or generation != self._renewal.generation
        return verdict.kind == "credentials"

    def _renew(self, verdict: Verdict, generation: int) -> None:
        if not self._renewal.renew(generation, doubtful=verdict.maybe_expired):
            raise verdict.error

    def _succeeded(self, generation: int) -> None:
        self._contact.make()
        self._renewal.worked(generation)
        with self._lock:
            self._failing_since = None
            told, self._told = self._told, False
        if told and self._config.on_trouble:
            self._config.on_trouble(None)

    def _delay(self, verdict: Verdict, tries: int, begun: float) -> float | None:
        """Return the seconds to wait before the next try; None when it is to be given up."""
        if verdict.kind in ("final", "denied") or (verdict.kind == "few" and tries >= FEW):
            return None
        with self._lock:
            if self._failing_since is None or begun < self._failing_since:
                self._failing_since = begun
            failing = self._clock() - self._failing_since
            tell = failing >= self._config.trouble_after and not self._told
            self._told = self._told or tell
        left = self._config.patience - failing
        if left <= 0:
            return None
        if tell and self._config.on_trouble:
            self._config.on_trouble(verdict.error)
        asked = verdict.retry_after or 0.0
        if asked > left:
            return None
        most = self._config.first_delay * 2.0 ** min(tries, 20)
        # A storage that asks for less than that (0 is common) is in need of it all the same.
        return min(left, max(asked, self._jitter(0.0, min(most, self._config.longest_delay))))
