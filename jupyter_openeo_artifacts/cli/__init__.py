"""The command line, `jupyter openeo-artifacts`: one file for each command."""
