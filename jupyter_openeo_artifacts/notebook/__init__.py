"""In the notebook: `%artifact_upload`, `%artifacts` and the uploader widget.

Loading this package loads nothing heavy; import from its modules or from the package's top.
"""
