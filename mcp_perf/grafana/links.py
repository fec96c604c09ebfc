"""Links: from a dashboard to the others, and from a row to what it is about; the time goes along."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from grafana_foundation_sdk.builders.dashboard import DashboardLink
from grafana_foundation_sdk.models.dashboard import DashboardLinkType


@dataclass(frozen=True)
class Link:
    """To the dashboard with this uid, where variables read what the labels of the row have."""

    title: str
    uid: str
    labels: tuple[str, ...]

    def as_data(self) -> dict[str, object]:
        """The link as a field has it."""
        # Without this, what is chosen for them here would be chosen there as well.
        kept = "".join(f"&${{{name}:queryparam}}" for name in ("datasource", "job", "instance"))
        values = "".join(f"&var-{label}=${{__data.fields.{label}:percentencode}}" for label in self.labels)
        return {"title": self.title, "url": f"/d/{self.uid}?${{__url_time_range}}{kept}{values}"}


def between(boards: Iterable[tuple[str, str]]) -> list[DashboardLink]:
    """To dashboards by title and uid; what is chosen goes along as well."""
    return [
        DashboardLink(title)
        .type(DashboardLinkType.LINK)
        .url(f"/d/{uid}")
        .icon("dashboard")
        .include_vars(True)
        .keep_time(True)
        for title, uid in boards
    ]
