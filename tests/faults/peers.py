"""boto3 in a cell: what `openeo.extra.artifacts` calls, and the same with ten tries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.faults.clients import HOURS, plain_client
from tests.faults.fast import READ_TIMEOUT
from tests.faults.outcome import Outcome, judge, slips
from tests.faults.patience import Timed
from tests.faults.stub import BUCKET
from tests.faults.watch import Records

if TYPE_CHECKING:
    from tests.faults.rig import Rig

PART = 8 * 1024**2
AT_ONCE = 10
DEADLINE = 20.0
RETRIES: dict[str, dict[str, Any]] = {
    "boto3": {},
    "boto3, standard 10": {"retries": {"mode": "standard", "max_attempts": 10}},
}


def run_boto3(rig: Rig, engine: str) -> Outcome:
    """`upload_file` of a client with boto3's defaults, but for sockets that wait less."""
    timeouts = {"read_timeout": READ_TIMEOUT, "connect_timeout": READ_TIMEOUT}
    client = plain_client(rig.stub, rig.stub.issue(HOURS), **timeouts, **RETRIES[engine])
    timed = Timed(DEADLINE, lambda: client.upload_file(str(rig.path), BUCKET, rig.key))
    if not timed.future.done():
        rig.heal()
        return Outcome("HANG", seconds=timed.seconds)
    error = timed.future.exception()
    verdict = judge(rig, error, ours=False, known=set())
    wrong = slips(rig, Records(), error, ours=False)
    return Outcome(verdict, error, timed.seconds, wrong=wrong)
