"""The stub as a program of its own, which keeps nothing: for measuring what an engine costs.

`python -m tests.faults.sink` prints one line of JSON (endpoint, bucket, region, access_key,
secret_key) and serves until its input ends.
"""

from __future__ import annotations

import json
import sys

from tests.faults.policy import Policy
from tests.faults.signature import REGION
from tests.faults.stub import BUCKET, Stub


def main() -> None:
    """Serve."""
    with Stub(Policy(keep=False)) as stub:
        key = stub.issue()
        told = {
            "endpoint": stub.endpoint,
            "bucket": BUCKET,
            "region": REGION,
            "access_key": key.access_key,
            "secret_key": key.secret_key,
        }
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main()
