"""A small shop on the embedded SQLite, measured with the public API."""
