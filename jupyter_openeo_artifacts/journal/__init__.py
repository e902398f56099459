"""What an upload under way leaves on disk, so that another process can resume it."""
