"""OAuth 2.0 and OpenID Connect; knows no openEO."""
