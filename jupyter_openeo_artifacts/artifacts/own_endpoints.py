"""botocore's data without the table of Amazon's endpoints: our clients are told theirs."""

from __future__ import annotations

import os
from typing import Any

from botocore.loaders import Loader

_NAME = "endpoints"
_NONE = {
    "version": 3,
    "partitions": [
        {
            "partition": "aws",
            "dnsSuffix": "amazonaws.com",
            "regionRegex": "^$",  # of no region: where one is asked for, the client's own is taken
            "regions": {},
            "services": {
                # botocore asks without a region where that is us-east-1.
                "s3": {
                    "partitionEndpoint": "aws-global",
                    "endpoints": {"aws-global": {"credentialScope": {"region": "us-east-1"}}},
                },
            },
            "defaults": {
                "hostname": "{service}.{region}.{dnsSuffix}",
                "protocols": ["https"],
                "signatureVersions": ["v4"],
            },
        }
    ],
}


class OwnEndpoints(Loader):
    """Loads what botocore does; the table, 1.2 MB of JSON, takes 7 MiB of memory once it is read.

    For clients that are made with an `endpoint_url`.
    """

    def load_data_with_path(self, name: str) -> tuple[Any, str]:
        """Return some of botocore's data, and where it lies; see `Loader.load_data_with_path`."""
        if name == _NAME:
            return _NONE, os.path.join(self.BUILTIN_DATA_PATH, _NAME)  # noqa: PTH118  as botocore
        found: tuple[Any, str] = super().load_data_with_path(name)
        return found
