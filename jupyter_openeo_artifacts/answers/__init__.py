"""What storage, its login service and login providers answer, and what each answer means."""

from jupyter_openeo_artifacts.answers.heard import Heard
from jupyter_openeo_artifacts.answers.row import Kind, Row, Service, Sign
from jupyter_openeo_artifacts.answers.table import ROWS, Found, find

__all__ = ["ROWS", "Found", "Heard", "Kind", "Row", "Service", "Sign", "find"]
