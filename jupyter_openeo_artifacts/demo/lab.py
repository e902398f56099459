"""JupyterLab with a home of its own, its panel pointing at the local provider."""

from __future__ import annotations

import importlib.util
import json
import os
import secrets
import sys
import time
from typing import TYPE_CHECKING, Any

from jupyter_openeo_artifacts.demo.data_folder import DataFolder
from jupyter_openeo_artifacts.demo.example_folder import NOTEBOOK, lay_out
from jupyter_openeo_artifacts.demo.exceptions import DemoPartMissing, ProviderNotReady
from jupyter_openeo_artifacts.demo.ports import LOOPBACK, check_free, free_ports
from jupyter_openeo_artifacts.demo.process import ChildProcess, Part

if TYPE_CHECKING:
    from jupyter_openeo_artifacts.demo.provider import LocalProvider

_START_SECONDS = 60.0
_GRACE_SECONDS = 5.0  # enough to end its kernels
_LIBRARIES = ("ipykernel", "jupyterlab")
_PORT_NAME = "lab"
_PANEL = "jupyter-openeo-artifacts:panel"  # its id in src/tokens.ts
_WORKSPACE = "default"  # the one that JupyterLab opens where none is named

# A server or a hub around us must not configure the one we start.
_NOT_INHERITED = ("JUPYTER", "JPY_", "OPENEO_")


class Lab(Part):
    """One JupyterLab process.

    Settings, kernels' history, openEO's token store and our own records are in the provider's
    data folder; a person's own are neither read nor written.

    Parameters
    ----------
    port
        None for last time's, or a free one.
    """

    def __init__(self, provider: LocalProvider, *, port: int | None = None) -> None:
        self._provider = provider
        self._port = port
        self._token = secrets.token_hex(24)
        self._process: ChildProcess | None = None
        self.open_browser = False

    def check(self) -> None:
        """Raise what `start` would, for what can be known before.

        Raises
        ------
        DemoPartMissing
            JupyterLab is not installed.
        PortTaken
            The wanted port is in use.
        """
        missing = [name for name in _LIBRARIES if importlib.util.find_spec(name) is None]
        if missing:
            raise DemoPartMissing(
                f"The demo needs {', '.join(missing)}, which is not installed.",
                todo='Install it with `pip install "jupyter-openeo-artifacts[demo]"`, or serve '
                "the provider alone with --no-lab.",
            )
        if self._port is not None:
            check_free(self._port)

    def start(self) -> None:
        """Start it and wait until it answers.

        Raises
        ------
        PortTaken
            The wanted port is in use.
        ProviderNotReady
            It ended, or did not answer in time.
        """
        self.check()
        home = DataFolder(self._provider.data)
        home.open()
        port = self._choose_port(home)
        lay_out(home.folder("lab/notebooks"), self._provider.backend)
        home.folder("lab/jupyter-config")
        _quieten(home)
        _open_panel(home)
        home.write("lab/jupyter-config/jupyter_server_config.json", self._settings(home, port))
        self._process = ChildProcess(
            [sys.executable, "-m", "jupyterlab"],
            folder=home.folder("lab/notebooks"),
            log=home.folder("lab") / "log.txt",
            environment=_environment(home),
            grace=_GRACE_SECONDS,
        )
        self._port = port
        self._process.start()
        try:
            self._wait()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End it and its kernels."""
        if self._process is not None:
            self._process.stop()
            self._process = None

    @property
    def running(self) -> bool:
        """Whether it has not been shut down."""
        return self._process is not None and self._process.running

    @property
    def address(self) -> str:
        """Address to open, with the token that lets one in."""
        return f"http://{LOOPBACK}:{self._port}/lab/tree/{NOTEBOOK}?token={self._token}"

    def _choose_port(self, home: DataFolder) -> int:
        """Return the port asked for, or last time's, or a free one, and keep it for next time."""
        identity = self._provider.identity
        port = self._port or identity.ports.get(_PORT_NAME) or free_ports(1)[0]
        check_free(port)
        identity.ports[_PORT_NAME] = port
        identity.save(home)
        return port

    def _settings(self, home: DataFolder, port: int) -> dict[str, Any]:
        backend = {"url": self._provider.backend, "title": "openEO demo on this computer"}
        return {
            "ServerApp": {
                "ip": LOOPBACK,
                "port": port,
                "port_retries": 0,
                "root_dir": str(home.folder("lab/notebooks")),
                "open_browser": self.open_browser,
                # In a container one often is root, and nobody else can reach the port.
                "allow_root": True,
            },
            # In this file, not on the command line, which everybody on the machine can read.
            "IdentityProvider": {"token": self._token},
            "LabApp": {
                "default_url": f"/lab/tree/{NOTEBOOK}",
                "check_for_updates_class": "jupyterlab.NeverCheckForUpdate",
                "news_url": None,
            },
            "OpenEOArtifacts": {"backends": [backend], "allow_local": True},
        }

    def _wait(self) -> None:
        import requests

        process = self._process
        session = requests.Session()
        session.trust_env = False  # no proxy lies between this machine and itself
        end = time.monotonic() + _START_SECONDS
        while process is not None and process.running and time.monotonic() < end:
            try:
                answer = session.get(
                    f"http://{LOOPBACK}:{self._port}/api/status",
                    headers={"Authorization": f"token {self._token}"},
                    timeout=5,
                )
                if answer.ok:
                    return
            except requests.ConnectionError:
                pass  # it is not there yet
            time.sleep(0.1)
        words = process.last_words() if process is not None else ""
        raise ProviderNotReady(
            f"JupyterLab did not start: {words}",
            todo="Try again, or serve the provider alone with --no-lab.",
        )


def _environment(home: DataFolder) -> dict[str, str]:
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(_NOT_INHERITED)
    }
    own = {
        "XDG_DATA_HOME": "data",
        "JUPYTER_OPENEO_ARTIFACTS_HOME": "artifacts",
        "OPENEO_CONFIG_HOME": "openeo",
        "JUPYTER_CONFIG_DIR": "jupyter-config",
        "JUPYTER_DATA_DIR": "jupyter-data",
        "JUPYTER_RUNTIME_DIR": "jupyter-runtime",
        "IPYTHONDIR": "ipython",
    }
    proxies = {
        name: ",".join(filter(None, (kept.get(name, ""), LOOPBACK, "localhost")))
        for name in ("no_proxy", "NO_PROXY")
    }
    return (
        kept | proxies | {name: str(home.folder(f"lab/{folder}")) for name, folder in own.items()}
    )


def _open_panel(home: DataFolder) -> None:
    """Show our panel in place of the file browser when JupyterLab opens for the first time."""
    from jupyterlab_server.workspaces_handler import WorkspacesManager

    folder = home.folder("lab/jupyter-config/lab/workspaces")
    if any(folder.iterdir()):  # how a person has left the window stays theirs
        return
    side = {"collapsed": False, "visible": True, "current": _PANEL, "widgets": [_PANEL]}
    layout = {"left": side, "relativeSizes": [0.25, 0.75, 0]}
    workspace = {"data": {"layout-restorer:data": layout}, "metadata": {"id": _WORKSPACE}}
    WorkspacesManager(str(folder)).save(_WORKSPACE, json.dumps(workspace))


def _quieten(home: DataFolder) -> None:
    """Answer JupyterLab's question about news for the person: this computer only means no."""
    folder = "lab/jupyter-config/lab/user-settings/@jupyterlab/apputils-extension"
    home.folder(folder)
    name = f"{folder}/notification.jupyterlab-settings"
    if not (home.path / name).exists():
        home.write(name, {"fetchNews": "false", "checkForUpdates": False})
