"""Files of our own: the ledger, logs, locks, ids."""
