"""What is stored beside what should be: by its size, or by all of its content."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.artifacts.fetch import fetch

if TYPE_CHECKING:
    from jupyter_openeo_artifacts.artifacts.objects import Objects
    from jupyter_openeo_artifacts.artifacts.uri import S3URI


@dataclass(frozen=True)
class Expected:
    """What should be stored: `size` in bytes, `sha256` in hex, empty where it is not known."""

    size: int | None = None
    sha256: str = ""


class Comparison:
    """Compares, and takes notes.

    Parameters
    ----------
    size
        Of what is stored, in bytes; None where storage does not tell.

    Attributes
    ----------
    sha256
        Of what was read back, in hex; empty before.
    same
        Whether it is what was expected; None as long as neither is certain.
    notes
        Why it is not.
    """

    def __init__(self, expected: Expected, size: int | None) -> None:
        self.sha256 = ""
        self.same: bool | None = None
        self.notes: list[str] = []
        self._expected = expected
        if size is not None and expected.size not in (None, size):
            self._refute(f"it has {size} bytes and should have {expected.size}")

    def read_back(self, objects: Objects, uri: S3URI) -> None:
        """Read all of the content, a mebibyte at a time, and compare it.

        Raises
        ------
        ObjectGone, StorageError, ArtifactChanged
            Storage does not give it whole.
        """
        wanted = self._expected.sha256.lower()
        found = fetch(objects, uri, _Nowhere(), "read the artifact back", expected=wanted)
        self.sha256 = found.sha256
        if wanted and self.sha256 != wanted:
            self._refute(f"its SHA-256 is {self.sha256} and should be {wanted}")
        elif not wanted and found.agrees is False:
            self._refute("storage gives other bytes than those that it says to have")
        elif wanted and self.same is None:
            self.same = True

    def _refute(self, why: str) -> None:
        self.same = False
        self.notes.append(f"It is not the file that was staged: {why}. Stage that file again.")


class _Nowhere:
    """What takes the bytes and keeps none."""

    def write(self, block: bytes) -> None:
        pass
