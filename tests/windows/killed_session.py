"""Upload one file by the helper; with `kill`, end as if killed once a part is in storage.

python killed_session.py BACKEND ID SECRET FILE [kill]
"""

from __future__ import annotations

import os
import sys

import openeo

from jupyter_openeo_artifacts import build_artifact_helper
from jupyter_openeo_artifacts.sources.source import FileSource
from jupyter_openeo_artifacts.transfer.config import UploadObserver


def main():
    backend, client_id, secret, file, *kill = sys.argv[1:]
    connection = openeo.connect(backend)
    connection.authenticate_oidc_client_credentials(client_id, secret)
    helper = build_artifact_helper(connection)

    class Ending(UploadObserver):
        def on_progress(self, stored):
            if kill and stored:
                os._exit(9)

    found = helper.upload(FileSource.from_path(file), "large.bin", observer=Ending())
    sys.stdout.write(f"{found.uri}\n")


main()
