"""Where the bytes of an upload come from: a file, or a spool that still fills."""
