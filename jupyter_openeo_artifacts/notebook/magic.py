"""`%artifact_upload` and `%artifacts`."""

from __future__ import annotations

import inspect
import sys
import warnings
from itertools import islice
from typing import TYPE_CHECKING, Any

from IPython.core.magic import (
    Magics,
    line_magic,
    magics_class,
    needs_local_scope,
    no_var_expand,
)

from jupyter_openeo_artifacts.errors import Cancelled
from jupyter_openeo_artifacts.formatting import seconds_text
from jupyter_openeo_artifacts.notebook.arguments import UploadArguments, asks_for_help
from jupyter_openeo_artifacts.notebook.default_manager import (
    connections,
    default_upload_manager,
    find_target,
)
from jupyter_openeo_artifacts.notebook.display import (
    SHOWN,
    ArtifactTable,
    amount_text,
    progress_for,
)
from jupyter_openeo_artifacts.staging.artifact import NOT_LISTED, Artifact, whose
from jupyter_openeo_artifacts.staging.target import ConnectionTarget
from jupyter_openeo_artifacts.staging.upload_spec import Standstill

if TYPE_CHECKING:
    from jupyter_openeo_artifacts.notebook.display import Progress
    from jupyter_openeo_artifacts.staging.upload_spec import UploadView

_LOOK_SECONDS = 0.2
_SEARCHED = 1000
"""Newest artifacts among which a text is looked for, unless all are asked for."""


class StagingInterrupted(KeyboardInterrupt):
    """The cell was interrupted, and what it was staging was cancelled.

    It stays a `KeyboardInterrupt`, so that a loop's `except Exception` does not swallow it.
    """

    def _render_traceback_(self) -> list[str]:
        return [str(self)]


@magics_class
class ArtifactMagics(Magics):
    """The magics of this package."""

    @no_var_expand  # values are put in after the line is split: each is one word
    @needs_local_scope
    @line_magic
    def artifact_upload(self, line: str, local_ns: dict[str, Any] | None = None) -> Artifact | None:
        """Stage a file for openEO jobs and return the artifact.

        ::

          %artifact_upload PATH [--name NAME] [--expires 2d] [--connection VAR] [--as VAR] [--new]
                           [--zip]

        PATH
          The file; quotes hold a name with spaces together, ``~`` is your home folder,
          ``{variable}`` is replaced by the variable's value, one word whatever is in it.
        --name NAME
          Name of the artifact; the file's own if not given.
        --expires 2d
          Requested lifetime of links made by ``.presigned_url()``: 90m, 6h, 2d, 1w. Without it, the
          longest one possible. No link is made until you ask for one.
        --connection VAR
          The variable that holds the openEO connection. Without it the only connection of the
          notebook is used, else the login of the openEO artifacts panel.
        --as VAR
          Variable to assign the artifact to.
        --new
          Upload it again. Without this option, a file that was staged today with the same name and
          content is not uploaded again: the artifact is the one that is there, and its ``reused``
          is true.
        --zip
          PATH may be a folder: it becomes one zip of its files, without hidden ones.

        Examples
        --------
        ::

          %artifact_upload fields.parquet --as fields
          cube = connection.load_url(fields.presigned_url(), format="Parquet")
        """
        if asks_for_help(line):
            print(inspect.getdoc(type(self).artifact_upload))  # noqa: T201  it was asked for
            return None
        shell: Any = self.shell
        arguments = UploadArguments.from_line(line, {**shell.user_ns, **(local_ns or {})})
        artifact = stage(arguments, shell)
        if arguments.variable is not None:
            shell.push({arguments.variable: artifact})
        return artifact

    @line_magic
    def artifacts(self, line: str) -> ArtifactTable:
        """Show what was staged from this machine, newest first, by whatever way in.

        ::

          %artifacts [--all] [TEXT]

        The newest 50 are shown; with --all, all of them. With TEXT, only what has it in its name,
        looked for among the newest 1000; with --all, among all. The answer can be indexed:
        ``staged = %artifacts``, then ``staged[0].presigned_url()``.
        """
        shell: Any = self.shell
        words = line.split(maxsplit=1)
        whole = words[:1] == ["--all"]
        part = (" ".join(words[1:]) if whole else line).strip()
        targets = [ConnectionTarget(each) for each in connections(shell.user_ns).values()]
        own = {target.id: target for target in targets}
        return _table(part, own, whole=whole)


def _table(part: str, own: dict[str, ConnectionTarget], *, whole: bool) -> ArtifactTable:
    """Return what has `part` in its name; of a long list no more is read than is looked at."""
    ledger = default_upload_manager().ledger
    records = ledger.records()
    searched = f"among the newest {_SEARCHED:,}; %artifacts --all {part} looks at all"
    if part and not whole:
        records = islice(records, _SEARCHED)
    artifacts = (
        Artifact.of(record, own.get(record.connection))
        for record in records
        if part.casefold() in record.name.casefold()
    )

    def older() -> str:
        if part:
            return f"… and older ones {searched}."
        return f"… and up to {ledger.count() - SHOWN:,} older ones; %artifacts --all shows them."

    if not part:
        return ArtifactTable(artifacts, shown=None if whole else SHOWN, older=older)
    looked = "on the list" if whole or ledger.count() <= _SEARCHED else searched
    nothing = f"Nothing has {part!r} in its name {looked}."
    return ArtifactTable(artifacts, shown=None if whole else SHOWN, nothing=nothing, older=older)


def stage(arguments: UploadArguments, shell: Any) -> Artifact:
    """Stage one file and show how it goes.

    Raises
    ------
    OpenEOArtifactsError
        What happened; nothing is visible in storage then, though parts may be kept for another try.
    StagingInterrupted
        The cell was interrupted; nothing is left in storage.
    """
    from jupyter_openeo_artifacts.artifacts.local_file import readable_file, source_of

    path = readable_file(arguments.path, folder=arguments.zip)
    open_source, name, size = source_of(path)
    target = find_target(shell.user_ns, arguments.connection)
    upload_manager = default_upload_manager()
    upload = upload_manager.stage(
        target,
        open_source,
        name=name if arguments.name is None else arguments.name,
        size=size,
        origin="magic",
        reuse=not arguments.new,
    )
    progress: Progress | None = None
    try:
        progress = progress_for(shell)  # the first bar's import takes long enough for a Ctrl-C
        view = _followed(upload, progress)
    except KeyboardInterrupt:
        view = upload_manager.cancel(upload.id)
        if progress is not None:
            progress.end(f"{upload.name}: {view.state}")
        raise StagingInterrupted(_interrupted(view)) from None
    if view.problem is not None or view.artifact is None:
        progress.end(f"{upload.name}: {view.state}")
        raise view.problem or Cancelled
    record = upload_manager.ledger.get(view.artifact)
    if problem := upload_manager.ledger.problem(record.id):
        warnings.warn(f"{problem.message} {NOT_LISTED} {problem.todo}", stacklevel=3)
    artifact = Artifact.of(record, target, arguments.expires_in, reused=view.reused)
    outcome = f"staged by {whose(artifact)}, {amount_text(artifact)}"
    progress.end(f"{artifact.name}: {artifact.reuse_text() if view.reused else outcome}")
    _warn_of_lifetime(arguments.expires_in)
    return artifact


def register(shell: Any) -> None:
    """Make the magics known to `shell`; again does no harm."""
    shell.register_magics(ArtifactMagics)


def _followed(upload: UploadView, progress: Progress) -> UploadView:
    upload_manager = default_upload_manager()
    standstill = Standstill("Interrupt the cell to cancel it.")
    view, told = upload, ""
    while True:
        if view.advice != told:
            told = view.advice
            sys.stderr.write(f"{told}\n")
        if view.ended:
            return view
        progress.show(view, standstill.text(view))
        view = upload_manager.wait(upload.id, _LOOK_SECONDS)


def _interrupted(view: UploadView) -> str:
    if view.state == "staged":
        return f"Interrupted, but {view.name!r} was staged already: it is on the list (%artifacts)."
    return f"Interrupted: {view.name!r} was not staged."


def _warn_of_lifetime(expires_in: int | None) -> None:
    from jupyter_openeo_artifacts.artifacts.presigned import LONGEST_SECONDS

    if expires_in is not None and expires_in > LONGEST_SECONDS:
        warnings.warn(
            f"A link can work for 7 days at most, not for {seconds_text(expires_in)}.", stacklevel=4
        )
