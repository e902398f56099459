"""The operations by the names that openapi.yaml gives them; the one way in for HTTP and comms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jupyter_openeo_artifacts.service import artifacts, connections, openapi, uploads
from jupyter_openeo_artifacts.service.exceptions import NoSuchRoute

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from jupyter_openeo_artifacts.service.scope import Scope


OPERATIONS: dict[str, Callable[..., Any]] = {
    "getStatus": connections.get_status,
    "checkBackend": connections.check_backend,
    "listConnections": connections.list_connections,
    "openConnection": connections.open_connection,
    "getConnection": connections.get_connection,
    "closeConnection": connections.close_connection,
    "getLogin": connections.get_login,
    "startLogin": connections.start_login,
    "cancelLogin": connections.cancel_login,
    "approveLogin": connections.approve_login,
    "withdrawApproval": connections.withdraw_approval,
    "listUploads": uploads.list_uploads,
    "createUpload": uploads.create_upload,
    "getUpload": uploads.get_upload,
    "forgetUpload": uploads.forget_upload,
    "cancelUpload": uploads.cancel_upload,
    "retryUpload": uploads.retry_upload,
    "createTusUpload": uploads.create_tus_upload,
    "getTusOffset": uploads.get_tus_offset,
    "sendBytes": uploads.send_bytes,
    "terminateTusUpload": uploads.terminate_tus_upload,
    "confirmUpload": uploads.confirm_upload,
    "listArtifacts": artifacts.list_artifacts,
    "getArtifact": artifacts.get_artifact,
    "forgetArtifact": artifacts.forget_artifact,
    "signArtifact": artifacts.sign_artifact,
}


def call(scope: Scope, operation: str, params: Mapping[str, Any], **content: memoryview) -> Any:
    """Do what is asked for, and return the answer's JSON document; None where there is none.

    Parameters
    ----------
    params
        Parameters of path and query by their names, a JSON body as `body`.
    content
        Bytes, for the operation that takes some.

    Raises
    ------
    NoSuchRoute
        No operation is called so.
    NotAllowed
        It is not for this client.
    RequestInvalid
        The parameters do not fit openapi.yaml.
    OpenEOArtifactsError
        As the operation.
    """
    act = OPERATIONS.get(operation)
    if act is None:
        raise NoSuchRoute("There is no operation of this name.")
    scope.require(operation)
    openapi.check(operation, params)
    return act(scope, **params, **content)
