"""Reading YAML: a mapping whose keys are there once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml


def document(path: Path) -> Any:
    """What a file of YAML has; OSError, and ValueError where it is none."""
    try:
        with path.open("rb") as stream:
            return yaml.load(stream, _Loader)
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError, ValueError) as error:
        where = getattr(error, "problem_mark", None)
        line = f" at line {where.line + 1}" if where is not None else ""
        what = getattr(error, "problem", None) or str(error).split("\n")[0] or type(error).__name__
        raise ValueError(f"{path} is no YAML{line}: {what}") from None


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
