"""The command line, and what can go wrong between a person, or a program, and it."""

from __future__ import annotations

from typing import ClassVar

from jupyter_openeo_artifacts.errors import OpenEOArtifactsError, Who


class SignInNeeded(OpenEOArtifactsError):
    """Somebody has to sign in, and nobody is at a terminal to do it."""

    code: ClassVar[str] = "not_signed_in"
    who: ClassVar[Who] = "you"


class RequestInvalid(OpenEOArtifactsError):
    """What was asked for cannot be done with what was given."""

    code: ClassVar[str] = "request_invalid"
    who: ClassVar[Who] = "you"
