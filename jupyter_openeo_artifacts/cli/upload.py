"""`jupyter openeo-artifacts upload FILE`: stage files."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from jupyter_openeo_artifacts.cli.artifact import until_text
from jupyter_openeo_artifacts.cli.login import add_backend, signed_in
from jupyter_openeo_artifacts.errors import OpenEOArtifactsError
from jupyter_openeo_artifacts.formatting import visible
from jupyter_openeo_artifacts.staging.artifact import whose

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from jupyter_openeo_artifacts.artifacts.presigned import PresignedURL
    from jupyter_openeo_artifacts.staging.artifact import Artifact
    from jupyter_openeo_artifacts.staging.manager import UploadManager
    from jupyter_openeo_artifacts.staging.target import Target
    from jupyter_openeo_artifacts.staging.upload_spec import UploadView

_BAR = 30
_LOOK_SECONDS = 0.2


def add_upload(commands: Any) -> None:
    """Describe the command."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "upload", help="stage files for openEO jobs"
    )
    parser.add_argument("files", metavar="FILE", nargs="+")
    parser.add_argument("--name", help="name of the artifact, if there is one file")
    parser.add_argument(
        "--new", action="store_true", help="send it even if the same file was staged today"
    )
    parser.add_argument(
        "--zip", action="store_true", help="stage a folder: its files, stored in one zip"
    )
    add_backend(parser)
    parser.add_argument("--link", action="store_true", help="print a presigned URL too: a secret")
    parser.add_argument(
        "--fail-fast", action="store_true", help="stop at the first of several files that fails"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON line for each file")
    parser.set_defaults(run=run_upload)


def run_upload(arguments: argparse.Namespace) -> int:
    """Stage the files one after the other, in the order given; one that fails stops no other."""
    from jupyter_openeo_artifacts.staging.manager import UploadManager

    if arguments.name and len(arguments.files) > 1:
        print("--name is for one file.", file=sys.stderr)
        return 2
    files = _readable(arguments.files, folders=arguments.zip)  # all, before any is sent
    target = signed_in(arguments.backend, trust=arguments.trust, wait=arguments.wait)
    upload_manager = UploadManager(workers=1)
    failed: list[str] = []
    unlinked: list[str] = []
    staged = 0
    try:
        for file in files:
            name = arguments.name or (f"{file.name}.zip" if file.is_dir() else file.name)
            try:
                artifact = _stage(upload_manager, target, file, name, reuse=not arguments.new)
                if not _show(artifact, as_json=arguments.json, link=arguments.link):
                    unlinked.append(name)
            except OpenEOArtifactsError as problem:
                if len(files) == 1:
                    raise
                failed.append(name)
                _show_failure(name, problem, as_json=arguments.json)
                if arguments.fail_fast:
                    break
            else:
                staged += 1
    except KeyboardInterrupt:
        if len(files) > 1:
            _show_rest(staged, len(files), new=arguments.new)
        raise
    finally:
        upload_manager.close()
    _sum_up(len(files), failed, unlinked)
    return 1 if failed or unlinked else 0


def _readable(given: list[str], *, folders: bool) -> list[Path]:
    """Return the files, and the folders where they are wanted, if all of them can be read."""
    from jupyter_openeo_artifacts.artifacts.local_file import readable_file

    files = []
    for each in given:
        try:
            files.append(readable_file(each, folder=folders))
        except OpenEOArtifactsError as error:
            if len(given) > 1:
                error.todo = f"{error.todo} Nothing was uploaded, none of the other files either."
            raise
    return files


def _show_failure(name: str, problem: OpenEOArtifactsError, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"name": name, "error": problem.to_dict()}), flush=True)
    print(f"{visible(name)}: {problem}", file=sys.stderr)


def _sum_up(given: int, failed: list[str], unlinked: list[str]) -> None:
    """Print which of several files have not become what was asked for; of one, it was said."""
    if failed:
        print(f"{len(failed)} of {given} files failed: {', '.join(failed)}.", file=sys.stderr)
    if unlinked and given > 1:
        told = f"{len(unlinked)} of {given} files were staged without a link: {', '.join(unlinked)}"
        print(f"{told}. The command link makes one.", file=sys.stderr)


def _show_rest(staged: int, given: int, *, new: bool) -> None:
    """Print what an interrupt left to do."""
    rest = "" if new else " The same command again uploads what is left."
    print(f"{staged} of {given} files were staged.{rest}", file=sys.stderr)


def _stage(
    upload_manager: UploadManager, target: Target, file: Path, name: str, *, reuse: bool
) -> Artifact:
    from jupyter_openeo_artifacts.artifacts.local_file import source_of
    from jupyter_openeo_artifacts.staging.artifact import NOT_LISTED, Artifact

    shown = _Shown(bar=sys.stderr.isatty())
    open_source, _, size = source_of(file)
    try:
        upload = upload_manager.stage(
            target,
            open_source,
            name=name,
            size=size,
            origin="cli",
            reuse=reuse,
        )
        ended = upload
        while not ended.ended:
            ended = upload_manager.wait(upload.id, _LOOK_SECONDS)
            shown.show(ended)
    except KeyboardInterrupt:
        upload_manager.cancel(
            upload.id
        )  # a kill is gone on with by the same command; this one is meant
        raise
    finally:
        shown.close()
    if ended.problem is not None:
        raise ended.problem
    assert ended.artifact is not None, ended.state
    if problem := upload_manager.ledger.problem(ended.artifact):
        print(visible(f"Warning: {problem.message} {NOT_LISTED} {problem.todo}"), file=sys.stderr)
    return Artifact.of(upload_manager.ledger.get(ended.artifact), target, reused=ended.reused)


class _Shown:
    """Shows how one upload goes: what a look at the file has shown, a bar, and what it waits for.

    Without a terminal there is no bar; a line is printed where it stands still or goes on.
    """

    def __init__(self, *, bar: bool) -> None:
        from jupyter_openeo_artifacts.staging.upload_spec import Standstill

        self._bar = bar
        self._standstill = Standstill("Ctrl-C cancels it.")
        self._told = self._waiting = ""
        self._drawn = False

    def show(self, upload: UploadView) -> None:
        """Show it as it is now."""
        if upload.advice != self._told:
            self._told = upload.advice
            self._say(f"Warning: {upload.advice}")
        waiting = self._standstill.text(upload)
        if waiting != self._waiting:
            before, self._waiting = self._waiting, waiting
            if waiting:
                self._say(f"{upload.name}: {waiting}")
            elif before and not upload.ended:
                self._say(f"{upload.name}: It continues.")
        if self._bar:
            self._draw(upload)

    def close(self) -> None:
        """Leave the line of the bar."""
        if self._drawn:
            print(file=sys.stderr)
            self._drawn = False

    def _say(self, text: str) -> None:
        self.close()
        print(visible(text), file=sys.stderr, flush=True)

    def _draw(self, upload: UploadView) -> None:
        there = upload.reused or not upload.size
        share = 1.0 if there else upload.bytes_stored / (upload.size or 1)
        bar = "█" * round(share * _BAR)
        waits = "waiting" if self._waiting else ""
        line = f"\r{visible(upload.name)[:40]} {bar:░<{_BAR}} {share:4.0%} {waits:<7}"
        print(line, end="", file=sys.stderr, flush=True)
        self._drawn = True


def _show(artifact: Artifact, *, as_json: bool, link: bool) -> bool:
    """Print what was staged, and its link; return whether there is one if it is wanted."""
    if not as_json:
        _tell(artifact)  # first: a link may take long, or not be had
    signed: PresignedURL | None = None
    problem: OpenEOArtifactsError | None = None
    try:
        signed = artifact.sign() if link else None
    except OpenEOArtifactsError as error:
        problem = error
    finally:
        if as_json:
            _tell_by_json(artifact, signed, problem)
    if problem is not None:
        name = visible(artifact.name)
        print(f"{name}: staged, but there is no link to it. {problem}", file=sys.stderr)
    elif signed and not as_json:
        print(signed.url)
        print(until_text(signed), file=sys.stderr)
    return problem is None


def _tell_by_json(
    artifact: Artifact, signed: PresignedURL | None, problem: OpenEOArtifactsError | None
) -> None:
    shown: dict[str, Any] = json.loads(artifact.to_record().to_json())
    shown["reused"] = artifact.reused
    if signed is not None:
        shown |= {"url": signed.url, "valid_until": signed.valid_until.isoformat()}
        shown["checked"] = signed.checked
    if problem is not None:
        shown["link_error"] = problem.to_dict()
    print(json.dumps(shown), flush=True)


def _tell(artifact: Artifact) -> None:
    said = artifact.reuse_text() if artifact.reused else f"staged by {whose(artifact)}"
    name = visible(artifact.name)
    print(f"{name}: {said}.", file=sys.stderr)
    if artifact.verified == "size":
        print(
            f"{name}: content not checked (size matches), because this storage gives"
            " no MD5s to compare with. The command verify reads it back.",
            file=sys.stderr,
        )
    print(artifact.uri, flush=True)
