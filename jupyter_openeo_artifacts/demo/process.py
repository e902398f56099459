"""What runs beside us from a start to a stop, and a program that never outlives us."""

from __future__ import annotations

import subprocess
import sys
from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.demo import guard

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType

    from typing_extensions import Self

_LAST_LINES = 5


class Part(ABC):
    """A part of the demo: it runs from `start` to `stop`, or within a `with`."""

    @abstractmethod
    def start(self) -> None:
        """Start it."""

    @abstractmethod
    def stop(self) -> None:
        """End it; a second call does nothing."""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()


class ChildProcess:
    """One program under a guard process; its output goes to a file.

    The guard (demo/guard.py) holds one end of a pipe whose other end is ours: should this process
    be killed, the guard sees it and ends the program.

    Parameters
    ----------
    command
        Program and arguments. No secrets here: other people see them in `ps`.
    log
        Where its output goes.
    grace
        Seconds between SIGTERM and SIGKILL.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        folder: Path,
        log: Path,
        environment: Mapping[str, str],
        grace: float,
    ) -> None:
        self._command = list(command)
        self._folder = folder
        self._log = log
        self._environment = dict(environment)
        self._grace = grace
        self._guard: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; returns before it is ready."""
        starter = [sys.executable, "-I", "-S", str(Path(guard.__file__)), str(self._grace)]
        self._log.touch(mode=0o600)  # JupyterLab prints the address that lets one in
        with self._log.open("wb") as output:
            self._guard = subprocess.Popen(  # noqa: S603 - the command is ours
                [*starter, *self._command],
                cwd=self._folder,
                env=self._environment,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                start_new_session=True,  # a Ctrl-C in the terminal is for us, not for it
            )

    @property
    def running(self) -> bool:
        """Whether the program has not ended."""
        return self._guard is not None and self._guard.poll() is None

    @property
    def pid(self) -> int | None:
        """The guard's process id, whose child the program is; None before the start."""
        return None if self._guard is None else self._guard.pid

    def ask_to_stop(self) -> None:
        """Begin its end and return at once."""
        if self._guard is not None and self._guard.stdin is not None:
            self._guard.stdin.close()

    def stop(self) -> None:
        """End it and everything it started; takes at most the grace and a moment."""
        self.ask_to_stop()
        if self._guard is not None:
            self._guard.wait()
            self._guard = None

    def last_words(self) -> str:
        """Return the last lines of its output, for an error message."""
        try:
            lines = self._log.read_text("utf-8", "replace").splitlines()
        except OSError:
            return ""
        return " | ".join(lines[-_LAST_LINES:])
