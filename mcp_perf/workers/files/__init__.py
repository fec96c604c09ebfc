"""What workers leave in their directory: each the files of its own, and the archive of the dead."""
