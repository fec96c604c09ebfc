"""A tree of calls, made of stacks: what is drawn of a profile."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from ...pace import Pace
from ..profile import Frame, Profile


class Node:
    """A function as it was called from there; `seconds` are its own and those of what it has called."""

    __slots__ = ("frame", "inner", "seconds")

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.seconds = 0.0
        self.inner: dict[Frame, Node] = {}


def tree_of(profile: Profile, pace: Pace) -> Node:
    """The tree of a profile, whose root stands for all of it."""
    root = Node(Frame("all"))
    for stack, seconds in profile.stacks.items():
        node = root
        node.seconds += seconds
        for frame in stack:
            found = node.inner.get(frame)
            if found is None:
                found = node.inner[frame] = Node(frame)
            node = found
            node.seconds += seconds
        pace()
    return root


def placed(root: Node, least: float) -> Iterator[tuple[Node, int, float]]:
    """The nodes of at least so many seconds, each with its depth and the seconds to the left of it.

    Outer ones come first, of those beside each other the one with most time.
    """
    waiting = [(root, 0, 0.0)]
    while waiting:
        node, depth, left = waiting.pop()
        yield node, depth, left
        inside = []
        for one in sorted(node.inner.values(), key=lambda inner: (-inner.seconds, inner.frame)):
            if one.seconds < least:
                break
            inside.append((one, depth + 1, left))
            left += one.seconds
        waiting += reversed(inside)


def functions(profile: Profile) -> list[tuple[Frame, float, float]]:
    """Each function with its own seconds and those in all, in the order of its own."""
    own: defaultdict[Frame, float] = defaultdict(float)
    whole: defaultdict[Frame, float] = defaultdict(float)
    for stack, seconds in profile.stacks.items():
        # A mark is of the function that it stands behind.
        last = next((frame for frame in reversed(stack) if frame.file), stack[-1])
        own[last] += seconds
        for frame in {*stack}:
            whole[frame] += seconds
    found = [(frame, own[frame], seconds) for frame, seconds in whole.items()]
    return sorted(found, key=lambda one: (-one[1], -one[2], one[0]))
