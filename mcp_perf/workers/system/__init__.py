"""Locks, descriptors and directories of the operating system, as several processes use them at once."""
