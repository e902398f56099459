"""Print the path of a Chromium for the browser tests, getting one where none is found.

It looks at $CHROMIUM, at the usual commands, and at what Playwright has downloaded; then, on Debian
as root, it installs the package `chromium`; elsewhere it asks Playwright for its own build.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
COMMANDS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MAC = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
ASK = "console.log(require('@playwright/test').chromium.executablePath())"


def run(*command: str) -> str:
    """Run a command; what it says goes to stderr, as stdout is for the answer alone."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    environment.pop("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", None)
    done = subprocess.run(
        command, cwd=HERE, env=environment, stdout=subprocess.PIPE, text=True, check=True
    )
    return done.stdout.strip()


def found() -> str | None:
    """Return a Chromium that is there already."""
    candidates = [os.environ.get("CHROMIUM"), *map(shutil.which, COMMANDS), MAC]
    return next((path for path in candidates if path and Path(path).exists()), None)


def main() -> int:
    """Find or get one and print its path."""
    path = found()
    if path is None and Path("/etc/debian_version").exists() and os.geteuid() == 0:
        print("Installing chromium by apt", file=sys.stderr)
        run("apt-get", "update", "-qq")
        run("apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium")
        path = found()
    if path is None:
        path = run("node", "-e", ASK)
        if not Path(path).exists():
            print("Asking Playwright for a Chromium", file=sys.stderr)
            run("node", "node_modules/@playwright/test/cli.js", "install", "chromium")
    if not Path(path).exists():
        print("No Chromium was found; install one and set CHROMIUM to its path.", file=sys.stderr)
        return 1
    print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
