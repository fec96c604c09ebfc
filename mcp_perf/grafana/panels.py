"""Panels: one figure, a chart over time, a heat map."""

from __future__ import annotations

from collections.abc import Sequence

from grafana_foundation_sdk.builders import common as common_builders
from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.builders import heatmap, stat, timeseries
from grafana_foundation_sdk.models import common, units
from grafana_foundation_sdk.models import dashboard as models
from grafana_foundation_sdk.models import heatmap as heat_models

from . import queries
from .queries import Query
from .variables import SOURCE

Panel = models.Panel
# From these values on, in their order, these colours; below the first it is green.
Thresholds = tuple[tuple[float, str], ...]

SECONDS, BYTES, SHARE, NUMBER = units.Seconds, units.BytesIEC, units.PercentUnit, units.Short
REQUESTS, OPERATIONS = units.RequestsPerSecond, units.OpsPerSecond

ERRORS: Thresholds = ((0.01, "yellow"), (0.05, "red"))  # shares of events that failed
ANY: Thresholds = ((1, "red"),)  # of what is not to happen

_FIGURE, _CHART = 4, 8  # heights


def figure(
    title: str, description: str, expression: str, unit: str, thresholds: Thresholds = (), low: str = "green"
) -> Panel:
    """One number; `low` is its colour below all thresholds."""
    query = Query(expression)
    reduced = common_builders.ReduceDataOptions().calcs(["lastNotNull"])
    panel = (
        stat.Panel()
        .title(title)
        .description(description)
        .datasource(SOURCE)
        .targets([*queries.series([query], False)])
        .unit(unit)
        .thresholds(steps(thresholds, low))
        .color_scheme(builders.FieldColor().mode(models.FieldColorModeId.THRESHOLDS))
        .color_mode(common.BigValueColorMode.VALUE)
        .graph_mode(common.BigValueGraphMode.AREA)
        .reduce_options(reduced)
        .height(_FIGURE)
    )
    return panel.build()


def chart(
    title: str,
    description: str,
    asked: Sequence[Query],
    unit: str,
    *,
    thresholds: Thresholds = (),
    is_stacked: bool = False,
    has_exemplars: bool = False,
    most: float | None = None,
) -> Panel:
    """Lines over time, from 0 on; of what is stacked the areas add up. `most` is the end of the axis."""
    lines = timeseries.Panel().title(title).description(description + asked[0].note).datasource(SOURCE)
    lines.targets([*queries.series(asked, has_exemplars)])
    lines.unit(unit).axis_soft_min(0).height(_CHART)
    lines.line_width(1).fill_opacity(30 if is_stacked else 8).show_points(common.VisibilityMode.NEVER)
    lines.legend(_legend()).tooltip(_tooltip())
    lines.color_scheme(builders.FieldColor().mode(models.FieldColorModeId.PALETTE_CLASSIC))
    if is_stacked:
        lines.stacking(common_builders.StackingConfig().mode(common.StackingMode.NORMAL).group("A"))
    if thresholds:
        dashed = common_builders.GraphThresholdsStyleConfig().mode(common.GraphTresholdsStyleMode.DASHED)
        lines.thresholds(steps(thresholds)).thresholds_style(dashed)
    if most is not None:
        lines.max(most)
    return lines.build()


def heat_map(title: str, description: str, expression: str, unit: str) -> Panel:
    """How observations spread over buckets, over time."""
    colour = heatmap.HeatmapColorOptions().mode(heat_models.HeatmapColorMode.SCHEME).scheme("Spectral")
    panel = (
        heatmap.Panel()
        .title(title)
        .description(description)
        .datasource(SOURCE)
        .targets([queries.heat(expression)])
        .calculate(False)
        .color(
            colour.scale(heat_models.HeatmapColorScale.EXPONENTIAL).exponent(0.5).steps(64).fill("dark-blue")
        )
        .cell_gap(1)
        .filter_values(heatmap.FilterValueRange().le(1e-9))
        .y_axis(heatmap.YAxisConfig().unit(unit).axis_placement(common.AxisPlacement.LEFT))
        .show_legend()
        .show_tooltip()
        .show_y_histogram()
        .height(_CHART)
    )
    return panel.build()


def steps(thresholds: Thresholds, low: str = "green") -> builders.ThresholdsConfig:
    """The colours by value; `low` is that below all thresholds."""
    found = [models.Threshold(None, low), *(models.Threshold(*one) for one in thresholds)]
    return builders.ThresholdsConfig().mode(models.ThresholdsMode.ABSOLUTE).steps(found)


def _legend() -> common_builders.VizLegendOptions:
    legend = common_builders.VizLegendOptions().display_mode(common.LegendDisplayMode.TABLE).show_legend(True)
    return legend.placement(common.LegendPlacement.BOTTOM).calcs(["mean", "max", "lastNotNull"])


def _tooltip() -> common_builders.VizTooltipOptions:
    tooltip = common_builders.VizTooltipOptions().mode(common.TooltipDisplayMode.MULTI)
    return tooltip.sort(common.SortOrder.DESCENDING)
