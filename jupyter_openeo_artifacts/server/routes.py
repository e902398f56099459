"""Which handler answers at which address; openapi.yaml names the same, and a test compares them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.server.rest.base import ROOT
from jupyter_openeo_artifacts.server.rest.resources import (
    ApprovalHandler,
    ArtifactHandler,
    ArtifactsHandler,
    CancelHandler,
    CheckHandler,
    ConfirmationHandler,
    ConnectionHandler,
    ConnectionsHandler,
    DescriptionHandler,
    DigestHandler,
    LoginHandler,
    RetryHandler,
    SignHandler,
    SnippetsHandler,
    StatusHandler,
    UploadHandler,
    UploadsHandler,
)
from jupyter_openeo_artifacts.server.rest.stored import (
    StoredContentHandler,
    StoredHandler,
    VerificationHandler,
)
from jupyter_openeo_artifacts.server.tus.handlers import TusUploadHandler, TusUploadsHandler

if TYPE_CHECKING:
    from jupyter_openeo_artifacts.server.rest.base import BaseHandler

ROUTES: dict[str, type[BaseHandler]] = {
    "/openapi.json": DescriptionHandler,
    "/status": StatusHandler,
    "/backends/check": CheckHandler,
    "/connections": ConnectionsHandler,
    "/connections/{connection}": ConnectionHandler,
    "/connections/{connection}/login": LoginHandler,
    "/connections/{connection}/approval": ApprovalHandler,
    "/uploads": UploadsHandler,
    "/uploads/{upload}": UploadHandler,
    "/uploads/{upload}/cancel": CancelHandler,
    "/uploads/{upload}/retry": RetryHandler,
    "/tus": TusUploadsHandler,
    "/tus/{upload}": TusUploadHandler,
    "/tus/{upload}/confirmation": ConfirmationHandler,
    "/tus/{upload}/digest": DigestHandler,
    "/artifacts": ArtifactsHandler,
    "/artifacts/{artifact}": ArtifactHandler,
    "/artifacts/{artifact}/sign": SignHandler,
    "/stored": StoredHandler,
    "/stored/verification": VerificationHandler,
    "/stored/content": StoredContentHandler,
    "/snippets": SnippetsHandler,
}


def patterns() -> list[tuple[str, type[BaseHandler]]]:
    """Return what tornado matches requests against, below Jupyter's base URL."""
    return [(_pattern(f"/{ROOT}{path}"), handler) for path, handler in ROUTES.items()]


def _pattern(path: str) -> str:
    literal = re.escape(path).replace(r"\{", "{").replace(r"\}", "}")
    return re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", literal)
