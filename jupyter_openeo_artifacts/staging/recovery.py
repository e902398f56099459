"""A job made again from what its journal says."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.staging.debts import give_up
from jupyter_openeo_artifacts.staging.job import Job, JobView

if TYPE_CHECKING:
    from collections.abc import Callable

    from jupyter_openeo_artifacts.staging.interrupted import Interrupted
    from jupyter_openeo_artifacts.staging.target import Target
    from jupyter_openeo_artifacts.transfer.source import Source
    from jupyter_openeo_artifacts.transfer.spool import Spool


def job_again(
    old: Interrupted,
    target: Target,
    open_contents: Callable[[str], Source],
    changed: Callable[[JobView], None],
) -> Job | None:
    """Return the job under its old id; None where nobody has its bytes, or another way is its own.

    Parameters
    ----------
    open_contents
        Opens a path in Jupyter's root.
    changed
        As `Job` takes it.
    """
    spool: Spool | None = None
    open_source: Callable[[], Source] = partial(open_contents, old.contents or "")
    if old.arrived:
        spool = old.reopen_spool()
        page_is_gone = old.origin == "widget" and spool is not None and not spool.complete
        if spool is None or page_is_gone:
            give_up(old.id)
            if spool is not None:
                spool.remove()
            return None
        open_source = spool.source
    elif old.contents is None:
        return None
    return Job(
        target=target,
        name=old.name,
        size=old.size,
        origin=old.origin,
        open_source=open_source,
        spool=spool,
        changed=changed,
        job_id=old.id,
        contents=old.contents,
    )
