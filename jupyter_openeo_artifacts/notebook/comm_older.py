"""The widget's talk before JSON-RPC (comm_messages.py), until its page speaks that."""

from __future__ import annotations

import logging
import threading
import time
import traceback
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from jupyter_openeo_artifacts.concurrency.daemon_pool import DaemonPool
from jupyter_openeo_artifacts.errors import MachineExhausted, OpenEOArtifactsError, RecordsUnusable
from jupyter_openeo_artifacts.notebook.comm_messages import (
    CHUNK_BYTES,
    Message,
    artifact_item,
    link_message,
    number_of,
    text_of,
    upload_message,
)
from jupyter_openeo_artifacts.service.changes import Watch
from jupyter_openeo_artifacts.service.exceptions import RequestInvalid
from jupyter_openeo_artifacts.service.receiver import Receiver
from jupyter_openeo_artifacts.staging.artifact import Artifact
from jupyter_openeo_artifacts.staging.exceptions import NoSuchUpload, NotRetryable, StoppedByUs
from jupyter_openeo_artifacts.state.staged_record import NoSuchRecord

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from jupyter_openeo_artifacts.staging.manager import UploadManager
    from jupyter_openeo_artifacts.staging.target import Target
    from jupyter_openeo_artifacts.staging.upload_spec import UploadView
    from jupyter_openeo_artifacts.state.staged_record import StagedRecord


_log = logging.getLogger(__name__)


_LISTED = 200


_LONGEST_NAME = 2_000


_TELL_SECONDS = 0.25


class Conversation:
    """Hears the page's messages in any thread, and answers in any thread.

    Chunks are kept in the thread they come in, one disk write each; whatever may ask a backend or
    storage goes to a thread of its own, so that a slow answer never holds up bytes.

    Parameters
    ----------
    find
        Returns the login to use, or raises why there is none; called in a thread.
    send
        Sends a message to the page; called from any thread.
    noted
        Told of each change of an upload that this page began, with the login it is staged by.
    history
        Whether the page may see, and have links to, what did not come through it as well.
    """

    def __init__(
        self,
        upload_manager: UploadManager,
        find: Callable[[], Target],
        send: Callable[[Message], None],
        noted: Callable[[UploadView, Target], None],
        *,
        history: bool = False,
    ) -> None:
        self._upload_manager = upload_manager
        self._find = find
        self._send = send
        self._noted = noted
        self._history = history
        self._arrivals = Receiver(upload_manager)
        self._watch = Watch(upload_manager.ledger, self._tell_artifacts, self._still_receiving)
        self._threads = DaemonPool(4, "openeo-artifacts-widget")
        self._lock = threading.Lock()
        self._sending = threading.Lock()
        self._told: dict[str, tuple[str, float]] = {}
        self._artifacts: list[str] = []
        self._unlisten = upload_manager.listen(self._tell_upload)
        self._slow: dict[str, Callable[[Message], None]] = {
            "hello": self._hello,
            "open": self._open,
            "confirm": self._confirm,
            "cancel": self._cancel,
            "retry": self._retry,
            "link": self._link,
        }

    def hear(self, message: Any, buffers: Sequence[Any]) -> None:
        """Act on one message of the page."""
        if not isinstance(message, dict):
            return
        asked = message.get("do")
        if asked in self._slow:
            try:
                self._threads.submit(self._guarded, self._slow[asked], message)
            except MachineExhausted as problem:
                self._refuse(message, problem)
            except RuntimeError:
                pass  # closed: nothing more is said
        elif asked in ("chunk", "where"):
            self._guarded(lambda asked: self._bytes(asked, buffers), message)

    def close(self) -> None:
        """Say no more; files still on their way are cancelled. Again does no harm."""
        self._unlisten()
        self._watch.close()
        self._threads.shutdown(wait=False, cancel_futures=True)
        for upload in self._upload_manager.uploads():
            if upload.id in self._arrivals and not upload.ended:
                self._upload_manager.cancel(upload.id)

    def _guarded(self, act: Callable[[Message], None], message: Message) -> None:
        try:
            act(message)
        except OpenEOArtifactsError as problem:
            self._refuse(message, problem)
        except Exception as error:  # noqa: BLE001  the page must get an answer whatever happens
            # Its text may hold a signed request, so only its kind and place are logged.
            place = "".join(traceback.format_tb(error.__traceback__))
            _log.error("a message of the page failed by %s at\n%s", type(error).__name__, place)
            self._refuse(message, StoppedByUs())

    def _refuse(self, message: Message, problem: OpenEOArtifactsError) -> None:
        if isinstance(problem, NoSuchUpload):
            self._send({"is": "unknown", "upload": message.get("upload")})
            return
        self._send(
            {
                "is": "refused",
                "request": message.get("request"),
                "problem": problem.to_dict(),
            }
        )

    def _hello(self, _message: Message) -> None:
        self._watch.attend()
        self._tell_artifacts()
        for upload in self._upload_manager.uploads():
            if upload.id in self._arrivals:
                self._send_upload(upload)
        try:
            target = self._find()
        except OpenEOArtifactsError as problem:
            self._send({"is": "here", "backend": None, "problem": problem.to_dict()})
        else:
            self._send({"is": "here", "backend": target.backend, "problem": None})

    def _open(self, message: Message) -> None:
        request = text_of(message, "request")
        name = text_of(message, "name", _LONGEST_NAME)
        target = self._find()
        confirm = message.get("confirm") is True  # a page of an older version says nothing
        upload = self._arrivals.open(target, name, number_of(message, "size"), confirm=confirm)
        self._watch.attend()  # it also looks whether the page falls silent
        self._send({"is": "opened", "request": request, "upload": upload.id})
        self._tell_upload(
            self._upload_manager.upload(upload.id)
        )  # it may have ended before it was known here

    def _bytes(self, message: Message, buffers: Sequence[Any]) -> None:
        upload_id = text_of(message, "upload")
        if message["do"] == "where":
            self._received(upload_id, self._arrivals.received(upload_id), "asked")
            return
        offset = number_of(message, "offset")
        if len(buffers) != 1 or memoryview(buffers[0]).nbytes > CHUNK_BYTES:
            raise RequestInvalid("The page sent a chunk that is none.", todo="Reload the page.")
        try:
            here = self._arrivals.take(upload_id, offset, memoryview(buffers[0]).cast("B"))
        except NoSuchUpload:
            raise
        except OpenEOArtifactsError as problem:
            here = self._arrivals.received(upload_id)
            self._send(
                {
                    "is": "stalled",
                    "upload": upload_id,
                    "offset": here,
                    "problem": problem.to_dict(),
                }
            )
        else:
            self._received(upload_id, here, "early" if offset > here else "kept")

    def _received(self, upload_id: str, offset: int, why: str) -> None:
        self._send({"is": "received", "upload": upload_id, "offset": offset, "why": why})

    def _confirm(self, message: Message) -> None:
        unchanged = message.get("unchanged") is True
        self._send_upload(self._upload_manager.confirm(self._own(message), unchanged=unchanged))

    def _cancel(self, message: Message) -> None:
        self._send_upload(self._upload_manager.cancel(self._own(message)))

    def _retry(self, message: Message) -> None:
        try:
            upload = self._upload_manager.retry(self._own(message))
        except NotRetryable:  # it was pressed twice, or in two views
            upload = self._upload_manager.upload(self._own(message))
        self._send_upload(upload)

    def _link(self, message: Message) -> None:
        request = text_of(message, "request")
        record = self._record(text_of(message, "artifact"))
        artifact = Artifact.of(record, self._target_of(record.connection))
        self._send(link_message(request, artifact.sign()))

    def _record(self, artifact: str) -> StagedRecord:
        """Return what is known of an artifact that this page may see.

        Raises
        ------
        NoSuchRecord
            There is none, or the page may not see it: the answer does not tell which.
        """
        with self._lock:
            visible = self._history or artifact in self._artifacts
        return self._upload_manager.ledger.get(artifact if visible else "")

    def _target_of(self, connection: str) -> Target | None:
        """Return the widget's own login where the artifact is of its backend."""
        try:
            target = self._find()
        except OpenEOArtifactsError:
            return None
        return target if target.id == connection else None

    def _own(self, message: Message) -> str:
        upload_id = text_of(message, "upload")
        if upload_id not in self._arrivals:
            raise NoSuchUpload
        return upload_id

    def _still_receiving(self) -> bool:
        self._arrivals.give_up_silent()
        return self._arrivals.under_way

    def _tell_artifacts(self) -> None:
        items = [artifact_item(record) for record in self._visible()]
        self._send({"is": "artifacts", "items": items})

    def _visible(self) -> Sequence[StagedRecord]:
        if self._history:
            with suppress(RecordsUnusable):  # what came through this page is known all the same
                return self._upload_manager.ledger.page(_LISTED).records
        with self._lock:
            own = self._artifacts[-_LISTED:]
        found = []
        for artifact in reversed(own):
            try:
                found.append(self._upload_manager.ledger.get(artifact))
            except (NoSuchRecord, RecordsUnusable):  # it was forgotten elsewhere, or is away
                continue
        return found

    def _tell_upload(self, view: UploadView) -> None:
        if view.id not in self._arrivals:
            return
        with suppress(NoSuchUpload):
            view = self._upload_manager.upload(view.id)
        now = time.monotonic()
        with self._lock:
            state, told = self._told.get(view.id, ("", 0.0))
            if state == view.state and now - told < _TELL_SECONDS:
                return
            self._told[view.id] = (view.state, now)
            fresh = view.artifact is not None and view.artifact not in self._artifacts
            if view.artifact is not None and fresh:
                self._artifacts.append(view.artifact)
        target = self._arrivals.target(view.id)
        if target is not None:
            self._noted(view, target)
        if fresh and not self._history:
            self._tell_artifacts()  # else the watch does
        self._send_upload(view)

    def _send_upload(self, view: UploadView) -> None:
        """Send an upload as it is now: a thread that was overtaken must not undo a change."""
        with self._sending, suppress(NoSuchUpload):  # forgotten: then `view` is the last word
            view = self._upload_manager.upload(view.id)
            self._send(upload_message(view))
            return
        self._send(upload_message(view))
