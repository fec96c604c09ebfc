"""Adapters: each reports to the core what one framework or server interface can see, and decides nothing."""
