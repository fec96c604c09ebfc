"""The table: things by their labels, one figure of each in a column."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from string import ascii_uppercase

from grafana_foundation_sdk.builders import common as common_builders
from grafana_foundation_sdk.builders import table as builders
from grafana_foundation_sdk.models import dashboard as models

from . import queries
from .links import Link
from .panels import Panel, Thresholds, steps
from .variables import SOURCE

_HEIGHT = 10


@dataclass(frozen=True)
class Column:
    """One figure: its name, what gives it by the table's labels, its colours, and the one below those."""

    name: str
    expression: str
    unit: str
    thresholds: Thresholds = ()
    low: str = "green"


def table(
    title: str, description: str, columns: Sequence[Column], links: Iterable[tuple[str, Link]] = ()
) -> Panel:
    """The greatest by the first column come first; `links` are those of columns, by name."""
    panel = builders.Panel().title(title).description(description).datasource(SOURCE).height(_HEIGHT)
    panel.targets([*queries.columns(column.expression for column in columns)])
    names = {f"Value #{ref}": one.name for ref, one in zip(ascii_uppercase, columns, strict=False)}
    panel.with_transformation(models.DataTransformerConfig("merge", options={}))
    renaming = {"excludeByName": {"Time": True}, "renameByName": names, "indexByName": {}}
    panel.with_transformation(models.DataTransformerConfig("organize", options=renaming))
    for column in columns:
        panel.override_by_name(column.name, _shown(column))
    for name, link in links:
        panel.override_by_name(name, [models.DynamicConfigValue("links", [link.as_data()])])
    panel.sort_by([common_builders.TableSortByFieldState().display_name(columns[0].name).desc(True)])
    panel.footer(common_builders.TableFooterOptions().enable_pagination(True))
    return panel.build()


def _shown(column: Column) -> list[models.DynamicConfigValue]:
    found = [models.DynamicConfigValue("unit", column.unit), models.DynamicConfigValue("decimals", 2)]
    if column.thresholds:
        found += [
            models.DynamicConfigValue("thresholds", steps(column.thresholds, column.low).build()),
            models.DynamicConfigValue("custom.cellOptions", {"type": "color-text"}),
        ]
    return found
