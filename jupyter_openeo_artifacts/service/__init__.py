"""The operations of every front end, without a word of HTTP or of a comm."""
