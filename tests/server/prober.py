"""Asks a server again and again how it is, in a process: `python -m tests.server.prober`.

Until its input ends; then it prints how long each answer took, in seconds, as JSON. In the test's
process it would wait for those who send.
"""

from __future__ import annotations

import http.client
import json
import sys
import threading
import time
from urllib.parse import urlsplit


def _probe(url: str) -> None:
    over = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), over.set()), daemon=True).start()
    where = urlsplit(url)
    connection = http.client.HTTPConnection(where.netloc, timeout=20)
    took = []
    while not over.wait(0.002):
        since = time.monotonic()
        connection.request("GET", where.path)
        connection.getresponse().read()
        took.append(time.monotonic() - since)
    connection.close()
    sys.stdout.write(json.dumps(took))


if __name__ == "__main__":
    _probe(sys.argv[1])
