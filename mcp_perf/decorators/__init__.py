"""Timing of calls: what kind a callable is, how each kind is wrapped, and what is recorded."""
