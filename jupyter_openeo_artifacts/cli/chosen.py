"""The artifact that a command names, by name or storage URI, and the login to use for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.cli.exceptions import RequestInvalid
from jupyter_openeo_artifacts.cli.login import add_backend, signed_in
from jupyter_openeo_artifacts.formatting import visible
from jupyter_openeo_artifacts.staging.artifact import whose
from jupyter_openeo_artifacts.staging.reference import find_record

if TYPE_CHECKING:
    import argparse

    from jupyter_openeo_artifacts.artifacts.helper import S3STSArtifactHelper
    from jupyter_openeo_artifacts.state.staged_record import StagedRecord

NAME_OR_URI = "name of what was staged from this machine (the newest one), or storage URI, s3://..."


def add_artifact(parser: argparse.ArgumentParser) -> None:
    """Let a command take an artifact and the options of a login."""
    parser.add_argument("artifact", metavar="NAME_OR_URI", help=NAME_OR_URI)
    add_backend(parser)


@dataclass(frozen=True)
class Chosen:
    """What was named; `record` is None for a storage URI that is on no list here."""

    uri: str
    record: StagedRecord | None
    by_name: bool

    def described(self) -> str:
        """Return which one is meant, in a form that tells it from others of its name."""
        if self.record is None:
            return visible(self.uri)
        when = f"{self.record.staged_at.astimezone():%Y-%m-%d %H:%M:%S}"
        return (
            f"{visible(self.record.name)} ({self.record.size:,} bytes, staged {when} by"
            f" {whose(self.record)}): {visible(self.uri)}"
        )

    def helper(self, arguments: argparse.Namespace) -> S3STSArtifactHelper:
        """Return the helper of its backend; errors as of `signed_in`."""
        return signed_in(
            arguments.backend,
            otherwise=self.record.backend if self.record else None,
            trust=arguments.trust,
            wait=arguments.wait,
        ).helper()


def choose(arguments: argparse.Namespace, *, of_any_day: bool = False) -> Chosen:
    """Return the artifact that is named.

    Raises
    ------
    NoSuchRecord, NameAmbiguous
        Nothing of that name was staged, or several things; see `find_record`.
    RequestInvalid
        It is a link.
    """
    from jupyter_openeo_artifacts.artifacts.uri import is_link

    given = arguments.artifact
    if is_link(given):
        raise RequestInvalid(
            "This is a link, not a name or a storage URI.",
            todo="The command list shows names and URIs; verify tells until when a link works.",
        )
    record = find_record(given, arguments.backend, of_any_day=of_any_day)
    return Chosen(record.uri if record else given, record, by_name=not given.startswith("s3://"))
