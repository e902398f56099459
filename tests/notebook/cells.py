"""Cells that a person runs, and links that are followed."""

from __future__ import annotations

import hashlib

import requests


def run(shell, cell: str):
    """Run a cell as a person would; return its result, whatever it is."""
    return shell.run_cell(cell, store_history=True)


def fetched(url: str) -> str:
    answer = requests.get(url, timeout=10)
    answer.raise_for_status()
    return hashlib.sha256(answer.content).hexdigest()
