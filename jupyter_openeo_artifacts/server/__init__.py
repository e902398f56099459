"""The Jupyter server extension: REST, uploads and events. No storage logic is in here."""
