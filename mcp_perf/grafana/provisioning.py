"""Provisioning: the files by which Grafana finds the dashboards, and a data source to begin with."""

from __future__ import annotations

import json

# Where a container has what is mounted, see docs/grafana.rst.
MOUNTED = "/var/lib/grafana/dashboards/mcp_perf"

_PROVIDER = """\
# For Grafana's directory provisioning/dashboards, see docs/grafana.rst of mcp_perf.
apiVersion: 1
providers:
  - name: mcp_perf
    type: file
    folder: {folder}
    # To change one in Grafana, save it under another name: these are read again.
    allowUiUpdates: false
    disableDeletion: false
    updateIntervalSeconds: 30
    options:
      # Where Grafana sees the directory dashboards that is beside this one's parent.
      path: {path}
"""

_SOURCE = """\
# For Grafana's directory provisioning/datasources: an example, to be changed.
apiVersion: 1
datasources:
  - name: Prometheus
    uid: {uid}
    type: prometheus
    access: proxy
    url: {url}
    isDefault: true
    jsonData:
      # How often Prometheus scrapes; the windows of rates are at least four times as long.
      timeInterval: 15s
      httpMethod: POST
      # Exemplars, the points in the charts of durations, lead to traces: by the label that an exemplar has,
      # in the data source with this uid.
      # exemplarTraceIdDestinations:
      #   - name: trace_id
      #     datasourceUid: tempo
"""


def provider(folder: str, path: str) -> str:
    """The YAML that has Grafana read the dashboards of a directory into a folder."""
    return _PROVIDER.format(folder=json.dumps(folder), path=json.dumps(path))


def source(uid: str, url: str) -> str:
    """The YAML of a data source."""
    return _SOURCE.format(uid=json.dumps(uid), url=json.dumps(url))
