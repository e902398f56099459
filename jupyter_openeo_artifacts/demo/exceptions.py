"""What can keep the local provider from standing up.

    DemoError
    ├── DemoPartMissing     something has to be installed
    ├── DataFolderUnusable  --data names a folder that cannot be used
    ├── PortTaken           a port this provider must have is in use
    ├── ProviderNotReady    a part did not answer in time
    │   └── PartEnded       nobody ended it
    └── ApprovalFailed      a scripted sign-in did not end where it should

The command line tells each in one sentence on standard error.
"""

from __future__ import annotations

from typing import ClassVar

from jupyter_openeo_artifacts.errors import OpenEOArtifactsError, Who


class DemoError(OpenEOArtifactsError):
    """The local provider cannot do what was asked."""

    code: ClassVar[str] = "demo_failed"
    who: ClassVar[Who] = "you"


class DemoPartMissing(DemoError):
    """A program or a library that the local provider needs is not installed."""

    code: ClassVar[str] = "demo_part_missing"


class DataFolderUnusable(DemoError):
    """The data folder cannot be made, read or written."""

    code: ClassVar[str] = "demo_data_unusable"


class PortTaken(DemoError):
    """A port that a provider with a kept data folder must have is in use."""

    code: ClassVar[str] = "demo_port_taken"

    def __init__(self, port: int, *, todo: str) -> None:
        super().__init__(f"Port {port} on 127.0.0.1 is taken.", todo=todo)
        self.port = port


class ProviderNotReady(DemoError):
    """A part of the provider did not start or did not answer."""

    code: ClassVar[str] = "demo_not_ready"
    who: ClassVar[Who] = "wait"


class PartEnded(ProviderNotReady):
    """A part of the provider ended unasked, at its start or later."""

    code: ClassVar[str] = "demo_part_ended"


class ApprovalFailed(DemoError):
    """The approval page refused what a script typed."""

    code: ClassVar[str] = "demo_approval_failed"
