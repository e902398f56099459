"""The bytes of one source to one stored object; knows S3, nothing of openEO or Jupyter."""
