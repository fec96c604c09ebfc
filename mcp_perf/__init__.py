"""Performance monitoring for Python web applications in any framework."""

from __future__ import annotations

from .default import configure, get_monitor
from .instruments import monitor_call, monitor_db_operation, monitor_workflow_step
from .monitor import PerformanceMonitor

__all__ = [
    "PerformanceMonitor",
    "configure",
    "get_monitor",
    "monitor_call",
    "monitor_db_operation",
    "monitor_workflow_step",
]
