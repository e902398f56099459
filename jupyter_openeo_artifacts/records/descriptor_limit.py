"""How much of something a process may have that takes file descriptors."""

from __future__ import annotations


def affordable(most: int, descriptors: int) -> int:
    """Return how many a process may have, `most` at most and one at least.

    What a process may open is shared: a Jupyter server that has nothing left accepts nobody, and
    says so in its log some hundred times a second.

    Parameters
    ----------
    descriptors
        That the process must be allowed, for each one.
    """
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return most
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limit == resource.RLIM_INFINITY:
        return most
    return max(1, min(most, limit // descriptors))
