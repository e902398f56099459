"""One measurement: an engine, in a process of its own that ends with it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks import peers
from benchmarks.meter import Cost

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).parents[1]
MOST_SECONDS = 900


def ours(upload: str, home: Path, wish: Mapping[str, Any]) -> Cost:
    """Run one of `our_engines`; `home` is where it keeps journals."""
    return _run(Path(sys.executable), "benchmarks.our_engines", upload, home, wish)


def peer(upload: str, home: Path, wish: Mapping[str, Any]) -> Cost:
    """Run one of `peer_engines`."""
    return _run(peers.python(), "benchmarks.peer_engines", upload, home, wish)


def browser(test: str, home: Path, backend: str, file: Path) -> Cost:
    """Run one of ui-tests/bench, in a browser and a JupyterLab of its own."""
    told = home / "cost.json"
    folder = ROOT / "ui-tests"
    command = ["node", "node_modules/@playwright/test/cli.js", "test"]
    subprocess.run(
        [*command, "--config", "playwright.bench.config.ts", "--grep", f"{test}$"],
        stdout=sys.stderr,
        cwd=folder,
        env={
            **_kept("LANG", "CHROMIUM"),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(home),
            "TMPDIR": str(home),
            "BENCH_BACKEND": backend,
            "BENCH_FILE": str(file),
            "BENCH_COST": str(told),
        },
        timeout=MOST_SECONDS,
        check=True,
    )
    return Cost(**json.loads(told.read_text()))


def _kept(*names: str) -> dict[str, str]:
    return {name: os.environ[name] for name in names if name in os.environ}


def _run(python: Path, module: str, upload: str, home: Path, wish: Mapping[str, Any]) -> Cost:
    environment = {
        **_kept("PATH", "LANG", "TMPDIR"),
        "HOME": str(home),
        "AWS_EC2_METADATA_DISABLED": "true",
        "JUPYTER_OPENEO_ARTIFACTS_HOME": str(home / "ours"),
    }
    done = subprocess.run(
        [python, "-m", module],
        input=json.dumps({"upload": upload, **wish}),
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=environment,
        timeout=MOST_SECONDS,
        check=False,
    )
    last = done.stdout.strip().rpartition("\n")[2]
    if done.returncode and not last:  # some peers are done, and fall over on their way out
        raise RuntimeError(f"{upload} ended with {done.returncode}")
    return Cost(**json.loads(last)) if last else Cost()
