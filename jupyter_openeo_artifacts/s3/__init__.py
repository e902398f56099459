"""The wire: requests to S3 and STS by botocore; knows nothing of openEO, files or uploads."""
