"""One fault of the grid: what happens, to which uploads, and what is right then."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from tests.faults.policy import Policy
from tests.faults.sources import KINDS, Kind

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.faults.rig import Rig

Verdict = Literal[
    "stored",  # says so, and exactly those bytes are there, with our mark
    "FALSE OK",  # says so, and they are not
    "failed",  # says so, and nothing is there
    "cancelled",  # the same, after a cancel
    "kept",  # failed for now; what was sent is in the journal, and another try has finished it
    "kept, LOST",  # the same, and another try has not
    "owed",  # failed; what could not be taken away stood in the journal, and the next start did it
    "owed, UNPAID",  # the same, and it did not
    "stored, ORPHAN",  # parts are left that nobody knows of
    "failed, ORPHAN",
    "failed, IS STORED",  # the object is there
    "failed, TORN OBJECT",  # an object is there, of other bytes
    "REPLACED",  # somebody else's object is gone
    "HANG",
]
MIB = 1024**2
PART = 5 * MIB
SINGLE = {"0": 0, "1": 1, "part-1": PART - 1, "part": PART}
SEVERAL = {"part+1": PART + 1, "2 parts": 2 * PART, "3 parts+7": 3 * PART + 7}
SIZES = {**SINGLE, **SEVERAL}
ALL_SIZES = {**SIZES, "12 parts+7": 12 * PART + 7}


@dataclass(frozen=True)
class Case:
    """One row.

    Parameters
    ----------
    script
        Prepares the stub (and the source) before the upload begins.
    right
        What may become of it.
    error
        Names of the exceptions that say it rightly; empty is any of ours.
    sizes, kinds
        What it makes sense with.
    patience
        Of our engine, in fast seconds.
    most
        Real seconds after which it is late; from the cancel on, where there is one.
    row
        The line of the published table it stands for; one case a line, empty for none.
    boto3, standard
        What boto3 does, by its defaults and with ten tries, where that has to be bad.
    """

    id: str
    script: Callable[[Rig], None]
    right: tuple[Verdict, ...] = ("stored",)
    error: tuple[str, ...] = ()
    sizes: tuple[str, ...] = tuple(SIZES)
    kinds: tuple[Kind, ...] = KINDS
    policy: Policy = field(default_factory=Policy)
    patience: float = 120.0
    most: float = 20.0
    row: str = ""
    boto3: tuple[Verdict, ...] = ()
    standard: tuple[Verdict, ...] = ()
    peer_parts: int = 3
    """How many of boto3's parts its file has, and 7 bytes more; it sends ten at once."""
    tls: bool = False
    trailers: bool = False

    @property
    def slug(self) -> str:
        """Name it, so that `pytest -k` can be told."""
        return slug(self.id)


@dataclass(frozen=True)
class Cell:
    """A case with one size and one kind of source."""

    case: Case
    size: str
    kind: Kind

    @property
    def id(self) -> str:
        """Name it, so that `pytest -k` can be told."""
        return slug(f"{self.case.id}-{self.size}-{self.kind}")


def slug(text: str) -> str:
    """Return `text` in letters that `pytest -k` takes."""
    return re.sub(r"[^\w+:.-]+", "_", text)


def cells_of(case: Case) -> list[Cell]:
    """Return the cells of a case: each size from disk; the largest ones however they come."""
    largest = {size for size in case.sizes if size in ("part", "3 parts+7")} or {case.sizes[-1]}
    return [
        Cell(case, size, kind)
        for size in case.sizes
        for kind in case.kinds
        if kind == "file" or size in largest
    ]
