"""Which backends the administrator lets this server talk to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.auth.exceptions import BackendNotAllowed
from jupyter_openeo_artifacts.urls import is_public, normalise

if TYPE_CHECKING:
    from collections.abc import Iterable


class BackendPolicy:
    """Lets an address in or not; a backend that is let in gets the user's token.

    Parameters
    ----------
    listed
        Addresses that are always let in.
    allow_others
        Whether others may be entered.
    allow_local
        Whether others may be on this machine, by http too, or in a private network.
    """

    def __init__(self, listed: Iterable[str], *, allow_others: bool, allow_local: bool) -> None:
        self._listed = {normalise(address, allow_insecure=True) for address in listed}
        self._allow_others = allow_others
        self._allow_local = allow_local

    @property
    def lists_insecure(self) -> bool:
        """Whether the administrator listed a backend that is reached by http."""
        return any(address.startswith("http:") for address in self._listed)

    def public_only(self, address: str) -> bool:
        """Tell whether a backend, and whom it names, may be reached at public addresses only."""
        return not self._allow_local and address not in self._listed

    def admit(self, address: str) -> str:
        """Return the address as it will be used; blocks where its name has to be looked up.

        Raises
        ------
        BackendAddressInvalid
            It is none.
        BackendNotAllowed
            It is not let in.
        """
        spelled = normalise(address, allow_insecure=True)
        if spelled in self._listed:
            return spelled
        spelled = normalise(address)
        if not self._allow_others:
            raise BackendNotAllowed(
                "This Jupyter server works with the listed backends only.",
                todo="Choose one of the list, or ask the server's administrator to add yours.",
            )
        if not self._allow_local and not is_public(spelled):
            raise BackendNotAllowed(
                "This Jupyter server does not work with backends on this machine or in a private"
                " network.",
                todo="Choose another one, or ask the server's administrator to add yours.",
            )
        return spelled
