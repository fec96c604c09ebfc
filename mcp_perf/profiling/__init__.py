"""Profiles: where the time of a running worker goes, in all that it does or while a route is served."""

from .formats import told
from .formats.page import HEADERS, asset
from .options import Options, options_of
from .profile import Profile
from .profiler import ImpossibleError, Profiler, TakenError
from .slow import SlowRequest, SlowRequests

__all__ = [
    "HEADERS",
    "ImpossibleError",
    "Options",
    "Profile",
    "Profiler",
    "SlowRequest",
    "SlowRequests",
    "TakenError",
    "asset",
    "options_of",
    "told",
]
