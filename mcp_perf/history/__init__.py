"""History: what has come to all series, step by step, for as long as a resolution keeps it."""

from .frames import Frame
from .history import History
from .home import Home
from .sampler import Sampler
from .windows import Window, in_window

__all__ = ["Frame", "History", "Home", "Sampler", "Window", "in_window"]
