"""Whatever happens to an upload, in whatever order: stored exactly, or nothing left."""

from __future__ import annotations

import hashlib
import secrets
import shutil
import tempfile
from contextlib import ExitStack
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from jupyter_openeo_artifacts.errors import Cancelled
from jupyter_openeo_artifacts.sources.exceptions import SourceChanged
from tests.faults import objects
from tests.faults.effects import Break, Fault
from tests.faults.fast import fast_time
from tests.faults.lives import IN_FLIGHT, KEY, PART, Life
from tests.faults.stub import Stub
from tests.limits import AT_MOST
from tests.transfer.line import until


class Lives(RuleBasedStateMachine):
    """The rules are what can happen; after each, requests wait at the gate again.

    Which rules may be next is told by those before alone: whether an upload has ended is a matter
    of time, and hypothesis plays the same rules again. One that comes too late does nothing.
    """

    def __init__(self) -> None:
        super().__init__()
        self.held = ExitStack()
        self.held.enter_context(fast_time())
        self.held.enter_context(patch.object(objects, "MIN_PART", 1))
        self.stub = self.held.enter_context(Stub())
        self.folder = Path(tempfile.mkdtemp())
        (self.folder / "journals").mkdir()
        self.cancelled = self.mutated = self.session_ended = False
        self.interruptions = 0

    @initialize(parts=st.integers(1, 6), rest=st.integers(1, PART))
    def start(self, parts: int, rest: int) -> None:
        self.content = secrets.token_bytes((parts - 1) * PART + rest)
        (self.folder / "model.onnx").write_bytes(self.content)
        self.live()

    def live(self) -> None:
        self.life = Life(self.stub, self.folder / "model.onnx", self.folder / "journals")
        self.life.settle_down()

    def going(self) -> bool:
        return not self.cancelled

    @precondition(going)
    @rule(count=st.integers(1, 4))
    def serve(self, count: int) -> None:
        self.life.gate.let(count)
        self.life.settle_down()

    @precondition(going)
    @rule()
    def cut_the_line(self) -> None:
        self.life.gate.change(line_is_cut=True)

    @precondition(going)
    @rule()
    def mend_the_line(self) -> None:
        self.life.gate.change(line_is_cut=False)
        self.life.settle_down()

    @precondition(lambda self: self.going() and not self.session_ended)
    @rule()
    def end_the_session(self) -> None:
        # Once: one that ends again before anything has worked is a login's trouble, and said.
        self.session_ended = True
        self.stub.end_sessions()

    @precondition(going)
    @rule(
        on=st.sampled_from(["Create", "UploadPart", "Complete", "Put", "Head"]),
        moment=st.sampled_from(["body", "done"]),
    )
    def lose_an_answer(self, on: str, moment: str) -> None:
        self.stub.add(Fault(on, Break(moment)))  # type: ignore[arg-type]
        self.interruptions += not self.life.ended

    @precondition(lambda self: self.going() and not self.mutated)
    @rule(orderly=st.booleans())
    def interrupt(self, orderly: bool) -> None:  # noqa: FBT001 - hypothesis fills it
        self.session_ended = False
        if self.life.ended:
            return
        self.interruptions += 1
        (self.life.stop if orderly else self.life.kill)()
        if not (orderly and self.life.outcome.exception() is None):  # else it was done before
            self.live()

    @precondition(lambda self: self.going() and not self.mutated)
    @rule(append=st.booleans())
    def mutate(self, append: bool) -> None:  # noqa: FBT001 - hypothesis fills it
        self.mutated = True
        with (self.folder / "model.onnx").open("r+b") as file:
            file.seek(0, 2 if append else 0)
            file.write(b"changed behind our back")

    @rule()
    def look_on(self) -> None:
        self.life.settle_down()

    @precondition(going)
    @rule()
    def give_up(self) -> None:
        self.cancelled = True
        self.life.cancel.cancel()

    def teardown(self) -> None:
        try:
            if hasattr(self, "life"):
                self.check()
        finally:
            if hasattr(self, "life"):
                self.life.gate.stand_open()
            self.held.close()
            shutil.rmtree(self.folder)

    def check(self) -> None:
        self.life.gate.stand_open()
        error = self.life.outcome.exception(60)
        if error is not None:
            assert self.cancelled or self.mutated, repr(error)
            assert isinstance(error, Cancelled | SourceChanged), repr(error)
            self.life.pay()
            assert self.stub.objects.objects == {}
        else:
            stored = self.stub.objects.objects[KEY]
            digest = hashlib.sha256(self.content).hexdigest()
            assert (stored.sha256, stored.size) == (digest, len(self.content))
            assert self.life.outcome.result().sha256 == digest
            several = len(self.content) > PART  # the part 0 is then what asks for the end
            received = self.stub.objects.received.items()
            sent = sum(count for (_, part), count in received if part or not several)
            assert sent <= len(self.content) + self.interruptions * IN_FLIGHT * PART
        assert self.stub.objects.uploads == {}
        assert list((self.folder / "journals").iterdir()) == []
        assert self.stub.complaints == []


def test_an_upload_of_an_earlier_life_is_removed_though_its_id_was_never_heard() -> None:
    lives = Lives()
    try:
        lives.start(parts=3, rest=300)
        lives.look_on()
        lives.lose_an_answer("Create", "done")
        # Of the first one's Create the answer is lost, not of the second one's.
        for begun in (1, 2):
            while len(lives.stub.objects.uploads) < begun:
                heard = len(lives.stub.seen)
                lives.life.settle_down(AT_MOST)
                lives.life.gate.let(1)
                until(lambda heard=heard: len(lives.stub.seen) > heard)
            lives.interrupt(orderly=True)
    finally:
        lives.teardown()


@pytest.mark.parametrize("examples", [8, pytest.param(30, marks=pytest.mark.slow)])
def test_whatever_happens_in_whatever_order(examples: int) -> None:
    run_state_machine_as_test(
        Lives,
        settings=settings(
            max_examples=examples,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
