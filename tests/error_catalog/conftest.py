"""The certified OpenID provider, for the answers of a login provider."""

from tests.servers.oidc import oidc

__all__ = ["oidc"]
