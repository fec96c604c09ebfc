"""The resource: which service, and which of its instances, speaks.

All workers of a service are one instance, since what is pushed is what all of them have measured. So nothing
that tells one process from another is in it: whichever of them pushes, it is the same.
"""

from __future__ import annotations

import importlib
import platform
import socket
import sys
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

INSTANCE = "service.instance.id"
NAME = "service.name"


class Resources:
    """The SDK's resources of a service: what is `given`, then OTEL_RESOURCE_ATTRIBUTES, then what is known.

    `service` is the setting, empty for none, and goes over the name that OTEL_RESOURCE_ATTRIBUTES has. Made
    when the export is, since what finds out about a resource wants threads, which there are none of when a
    process ends.
    """

    def __init__(self, service: str, given: Mapping[str, Any]) -> None:
        resources: Any = importlib.import_module("opentelemetry.sdk.resources")
        said = dict(resources.OTELResourceDetector().detect().attributes)
        known = {
            "host.name": socket.gethostname(),
            "process.runtime.name": sys.implementation.name,
            "process.runtime.version": platform.python_version(),
            "process.executable.name": Path(sys.executable).name,
        }
        name = {NAME: service} if service else {}
        self._make = resources.Resource
        self._base = resources.Resource.create({**known, **said, **name, **given})
        self._has_instance = INSTANCE in said or INSTANCE in given

    def of(self, instance: str) -> Any:
        """The resource that is that instance, unless it was said which one it is."""
        return self._base if self._has_instance else self._base.merge(self._make({INSTANCE: instance}))


def new_instance() -> str:
    """An identifier of a service instance, of the kind that the conventions recommend."""
    return str(uuid.uuid4())
