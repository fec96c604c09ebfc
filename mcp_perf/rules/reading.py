"""Reading YAML: a mapping whose keys are there once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

_MOST = 100_000  # values in a document


def document(path: Path) -> Any:
    """What a file of YAML has; OSError, and ValueError where it is none."""
    try:
        with path.open("rb") as stream:
            return _document(_Loader(stream))
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError, ValueError) as error:
        where = getattr(error, "problem_mark", None)
        line = f" at line {where.line + 1}" if where is not None else ""
        what = getattr(error, "problem", None) or str(error).split("\n")[0] or type(error).__name__
        raise ValueError(f"{path} is no YAML{line}: {what}") from None


def _document(loader: _Loader) -> Any:
    try:
        node = loader.get_single_node()
        if node is None:
            return None
        if _size(node, {}) > _MOST:
            raise ValueError(f"it has more than {_MOST} values, with its aliases")
        return loader.construct_document(node)
    finally:
        loader.dispose()


def _size(node: yaml.Node, known: dict[int, int]) -> int:
    """How many values there are below a node, each as often as aliases repeat it.

    A few lines of aliases of aliases are more than fits any memory, once somebody goes through all of it.
    """
    if id(node) not in known:
        known[id(node)] = _MOST  # of one that is in itself
        below = node.value if isinstance(node, yaml.CollectionNode) else ()
        pairs = ((one,) if isinstance(one, yaml.Node) else one for one in below)
        known[id(node)] = 1 + sum(_size(one, known) for pair in pairs for one in pair)
    return known[id(node)]


class _Loader(yaml.SafeLoader):
    """A key that is there twice is an error, where PyYAML's own takes the last one."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key, _ in node.value:
            name = key.value if isinstance(key, yaml.ScalarNode) else None
            if name in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {name!r} is there twice", key.start_mark
                )
            if name is not None:
                seen.add(name)
        return super().construct_mapping(node, deep)
