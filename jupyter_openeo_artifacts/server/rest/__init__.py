"""The REST API, bound to routes."""
