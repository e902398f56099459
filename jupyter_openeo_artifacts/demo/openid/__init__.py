"""The local provider's OpenID provider: device flow with PKCE, refresh, client credentials.

Authlib speaks OAuth 2 here; what it leaves to its users is in this folder: who may sign in, which
codes and refresh tokens are out, and the page where a person approves a code.
"""
