"""How long a test waits at most: a limit against hanging, never a measure of speed."""

AT_MOST = 60.0
"""Seconds. What fails "at once" fails in less; what is tried again goes on for the engine's
patience, 120 s, so the two differ on any machine that is not stopped altogether."""
