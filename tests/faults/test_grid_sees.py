"""A grid that cannot turn red proves nothing: here the engine is broken, and it has to be seen."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest

from jupyter_openeo_artifacts.journal.journal import Journal
from jupyter_openeo_artifacts.s3 import remote_object as remote
from jupyter_openeo_artifacts.sources import source
from jupyter_openeo_artifacts.transfer import multipart, retry
from jupyter_openeo_artifacts.transfer import single_put as put
from tests.faults import ours
from tests.faults.case import ALL_SIZES, PART
from tests.faults.clients import our_client
from tests.faults.grid import CASES
from tests.faults.ours import AT_ONCE, run_ours
from tests.faults.rig import Rig
from tests.faults.stub import Stub

if TYPE_CHECKING:
    from tests.faults.outcome import Outcome

CASE = {case.id: case for case in CASES}


@pytest.fixture
def outcome_of(fast, tmp_path):
    """Run a cell of the grid."""

    def run(case: str, size: str = "3 parts+7") -> Outcome:
        with Rig(CASE[case], ALL_SIZES[size], "file", tmp_path, PART, AT_ONCE) as rig:
            return run_ours(rig)

    return run


@pytest.mark.parametrize(
    ("module", "case", "size"),
    [
        (multipart, "UploadPart: a flipped bit always", "3 parts+7"),
        (put, "Put: a flipped bit always", "part"),
    ],
)
def test_that_etags_are_not_compared(outcome_of, monkeypatch, module, case, size) -> None:
    monkeypatch.setattr(module, "agrees", lambda *_: True)
    monkeypatch.setattr(remote, "agrees", lambda *_: True)
    assert outcome_of(case, size).verdict == "FALSE OK"


def test_that_the_end_is_believed(outcome_of, monkeypatch) -> None:
    def believed(self: Any, expected: str | None) -> Any:
        return remote.ObjectStatus.OURS

    monkeypatch.setattr(multipart.Multipart, "_look", believed)
    assert outcome_of("Complete stores other bytes").verdict == "FALSE OK"


def test_that_the_file_is_not_watched(outcome_of, monkeypatch) -> None:
    monkeypatch.setattr(source.FileSource, "_is_as_before", lambda *_: True)
    assert outcome_of("source modified, same size", "12 parts+7").verdict == "FALSE OK"


def test_that_parts_are_left(outcome_of, monkeypatch) -> None:
    def lazy(*args: Any, **options: Any) -> Any:
        client = our_client(*args, **options)
        client.abort_multipart_upload = lambda **_: {}
        return client

    monkeypatch.setattr(ours, "our_client", lazy)
    assert outcome_of("UploadPart: AccessDenied lasts").verdict == "failed, ORPHAN"


def test_that_nothing_is_noted(outcome_of, monkeypatch) -> None:
    monkeypatch.setattr(Journal, "mark_for_cleanup", lambda self: self.remove())
    found = outcome_of("part denied, abort fails always")
    assert found.verdict == "failed, ORPHAN"


def test_that_a_failure_forgets_what_it_has_sent(outcome_of, monkeypatch) -> None:
    monkeypatch.setattr(Journal, "note_upload", lambda *_: None)
    assert "LOST" in outcome_of("UploadPart: 500 lasts").verdict


def test_that_it_has_no_patience(outcome_of, monkeypatch) -> None:
    monkeypatch.setattr(retry.Retrier, "_delay", lambda *_: None)
    assert outcome_of("UploadPart: 503 twice").verdict == "kept"


def test_that_a_secret_is_logged(outcome_of, monkeypatch) -> None:
    def telling(self: Any, *_: Any) -> None:
        logging.getLogger("engine").debug("%s", self.keys)

    monkeypatch.setattr(Stub, "note", telling)
    assert outcome_of("none", "1").wrong == ["secret: engine"]
