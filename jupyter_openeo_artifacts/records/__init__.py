"""What is kept on disk: the ledger of staged artifacts, small private files, locks."""
