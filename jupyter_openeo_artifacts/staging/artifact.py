"""What was staged, as users hold it in their hands."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from jupyter_openeo_artifacts.formatting import visible
from jupyter_openeo_artifacts.state.staged_record import StagedRecord

if TYPE_CHECKING:
    from pathlib import Path

    from jupyter_openeo_artifacts.artifacts.helper import S3STSArtifactHelper
    from jupyter_openeo_artifacts.artifacts.presigned import PresignedURL
    from jupyter_openeo_artifacts.artifacts.verification import Verification
    from jupyter_openeo_artifacts.staging.target import Target

NOT_LISTED = "So the file is staged, but only this process has it on its list."


@dataclass(frozen=True)
class Artifact(StagedRecord):
    """A staged file: its name, storage URI, size in bytes and SHA-256.

    Links are made when they are asked for and are not kept in it, so it can be shown and saved.
    Nor is the login in a pickle of it (`%store`, joblib): one is found again when it signs.

    Examples
    --------
    >>> artifact = %artifact_upload fields.parquet  # doctest: +SKIP
    >>> cube = connection.load_url(artifact.presigned_url(), format="Parquet")  # doctest: +SKIP
    """

    target: Target | None = field(default=None, repr=False, compare=False)
    lifetime: int | None = field(default=None, repr=False, compare=False)
    reused: bool = field(default=False, repr=False, compare=False)
    """Whether it was in storage already when it was staged this time, so that nothing was sent."""

    @classmethod
    def of(
        cls,
        record: StagedRecord,
        target: Target | None = None,
        lifetime: int | None = None,
        *,
        reused: bool = False,
    ) -> Artifact:
        """Return the artifact of a ledger record.

        Parameters
        ----------
        target
            The login to sign with; else one is found when a link is asked for.
        lifetime
            Seconds that links are asked for if nothing else is said; None: the longest valid time.
        """
        values = {each.name: getattr(record, each.name) for each in fields(StagedRecord)}
        return cls(**values, target=target, lifetime=lifetime, reused=reused)

    def to_record(self) -> StagedRecord:
        """Return what the ledger keeps of it."""
        return StagedRecord(
            **{each.name: getattr(self, each.name) for each in fields(StagedRecord)}
        )

    def sign(self, expires_in: int | None = None) -> PresignedURL:
        """Return a fresh presigned URL with its ends.

        Parameters
        ----------
        expires_in
            Seconds; None is the lifetime that was asked for when it was staged, else the longest
            valid time.

        Raises
        ------
        LifetimeInvalid
            `expires_in` is not positive (a `ValueError`).
        ArtifactNotOwned, WrongBucket
            The login is not the one that staged it.
        ObjectGone
            It is not in storage any more.
        OpenEOArtifactsError
            Not signed in any more, or storage does not answer.
        """
        asked = self.lifetime if expires_in is None else expires_in
        return self._helper().sign(self.uri, asked)

    def presigned_url(self, expires_in: int | None = None) -> str:
        """Return a fresh presigned URL. Whoever has it can read the file until it ends.

        Warns where it will end before the time that was asked for. Parameters and errors are those
        of `sign`.
        """
        signed = self.sign(expires_in)
        signed.warn_if_cut(stacklevel=3)
        return signed.url

    def verify(self, *, read_back: bool | None = None) -> Verification:
        """Tell whether it is still in storage, as it was staged, and a link to it works.

        Parameters
        ----------
        read_back
            Read all of it, in bounded memory, and compare its SHA-256. None: where `verified` is
            "size", because storage gave no MD5s to compare then.

        Raises
        ------
        ArtifactNotOwned, WrongBucket
            The login is not the one that staged it.
        OpenEOArtifactsError
            Not signed in any more, or storage does not say.
        """
        whole = self.verified == "size" if read_back is None else read_back
        return self._helper().verify(self.uri, read_back=whole, sha256=self.sha256, size=self.size)

    def download(self, path: str | Path, *, overwrite: bool = False) -> Path:
        """Write its content to a file at `path`, whole and checked, and return the absolute path.

        Raises
        ------
        OpenEOArtifactsError
            As `download` of the artifact helper; a file that is there is kept without `overwrite`.
        """
        return self._helper().download(self.uri, path, overwrite=overwrite)

    def delete(self) -> None:
        """Delete it from storage and from the list; links to it stop working.

        Raises
        ------
        DeletionNotSupported
            The provider does not offer it; nothing has changed then.
        OpenEOArtifactsError
            As `delete` of the artifact helper.
        """
        self._helper().delete(self.uri)

    def reuse_text(self) -> str:
        """Return what to say where nothing was sent, without the name and in local time."""
        staged, now = self.staged_at.astimezone(), datetime.now().astimezone()
        when = f"{staged:%H:%M}" if staged.date() == now.date() else f"{staged:%Y-%m-%d %H:%M}"
        return (
            f"already in storage; the same file was staged at {when} by {whose(self)} and is not"
            " uploaded again"
        )

    def __repr__(self) -> str:
        checked = ", content not checked (size matches)" if self.verified == "size" else ""
        account = f" of {self.account!r}" if self.account else ""
        return f"<Artifact {self.name!r}{account} {self.size} bytes{checked} {visible(self.uri)}>"

    def __getstate__(self) -> dict[str, Any]:
        """Return what a pickle holds: all but the login, whose token must not get into a file."""
        return {**vars(self), "target": None}

    def __copy__(self) -> Artifact:
        return self  # nothing of it changes

    def __deepcopy__(self, _memo: dict[int, Any]) -> Artifact:
        return self

    def _helper(self) -> S3STSArtifactHelper:
        from jupyter_openeo_artifacts.staging.target import target_for

        target = self.target or target_for(backend=self.backend)
        return target.helper()


def whose(record: StagedRecord) -> str:
    """Return by which account and where it was staged, as far as that was noted."""
    host = urlsplit(record.backend).netloc
    return visible(f"{record.account} at {host}" if record.account else host)
