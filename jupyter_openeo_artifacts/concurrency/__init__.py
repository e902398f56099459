"""Cancelling, deadlines, background threads, process end and forks."""
