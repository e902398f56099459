"""Run the local provider and do to it what a test asks for, one line of stdin at a time.

Beside it answer two more openEO APIs with the same sign-in: one without artifact storage, one whose
artifact storage is of a type that nobody knows.
"""

from __future__ import annotations

import json
import sys
from contextlib import ExitStack
from typing import Any

from jupyter_openeo_artifacts.demo import LocalProvider
from tests.servers.provider import other_backend

UNKNOWN = {"providers": [{"id": "tape", "type": "TapeRobotConfig", "config": {"drives": 4}}]}


def answer(value: dict[str, Any]) -> None:
    """Print one line of JSON."""
    print(json.dumps(value), flush=True)


def inventory(provider: LocalProvider) -> dict[str, Any]:
    """Return the keys of the objects and of the uploads under way."""
    storage = provider.storage.administrator()
    objects = storage.list_objects_v2(Bucket=provider.bucket).get("Contents", [])
    uploads = storage.list_multipart_uploads(Bucket=provider.bucket).get("Uploads", [])
    return {
        "objects": [entry["Key"] for entry in objects],
        "uploads": [entry["Key"] for entry in uploads],
    }


def main() -> None:
    """Serve until stdin ends; on SIGTERM the provider's guard ends the storage."""
    with ExitStack() as running:
        seconds = int(sys.argv[1])
        provider = running.enter_context(LocalProvider(device_code_seconds=seconds))
        answer(
            {
                "backend": provider.backend,
                "issuer": provider.issuer,
                "s3": provider.s3,
                "bucket": provider.bucket,
                "without_storage": running.enter_context(other_backend(provider, None)),
                "unknown_storage": running.enter_context(other_backend(provider, UNKNOWN)),
            }
        )
        for line in sys.stdin:
            match line.strip():
                case "stop_storage":
                    provider.storage.stop()
                    answer({})
                case "start_storage":
                    if not provider.storage.running:
                        provider.storage.start()
                    answer({})
                case "inventory":
                    answer(inventory(provider))


main()
