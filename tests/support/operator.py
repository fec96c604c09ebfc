"""What the Prometheus Operator takes (monitoring.coreos.com/v1), as far as monitors and rules here use it."""

_TEXT = {"type": "string", "minLength": 1}
_DURATION = {"type": "string", "pattern": r"^(0|(([0-9]+)h)?(([0-9]+)m)?(([0-9]+)s)?(([0-9]+)ms)?)$"}
_LABELS = {"type": "object", "additionalProperties": {"type": "string"}}
_NAME = {"type": "string", "pattern": r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"}


def _object(required=(), **properties):
    return {
        "type": "object",
        "required": list(required),
        "properties": properties,
        "additionalProperties": False,
    }


def _list(of):
    return {"type": "array", "items": of, "minItems": 1}


_SECRET = _object(["key"], name=_NAME, key=_TEXT, optional={"type": "boolean"})
_RELABELING = _object(
    [],
    sourceLabels=_list(_TEXT),
    separator={"type": "string"},
    targetLabel=_TEXT,
    regex=_TEXT,
    modulus={"type": "integer"},
    replacement={"type": "string"},
    action=_TEXT,
)
_ENDPOINT = _object(
    [],
    port=_TEXT,
    targetPort={"type": ["string", "integer"]},
    path={"type": "string", "pattern": "^/"},
    scheme={"enum": ["http", "https"]},
    interval=_DURATION,
    scrapeTimeout=_DURATION,
    honorLabels={"type": "boolean"},
    authorization=_object([], type=_TEXT, credentials=_SECRET),
    relabelings=_list(_RELABELING),
    metricRelabelings=_list(_RELABELING),
)
_COMMON = {
    "jobLabel": _TEXT,
    "podTargetLabels": _list(_TEXT),
    "sampleLimit": {"type": "integer"},
    "selector": _object([], matchLabels=_LABELS, matchExpressions={"type": "array"}),
    "namespaceSelector": _object([], any={"type": "boolean"}, matchNames=_list(_NAME)),
}
_RULE = _object(
    ["expr"],
    record={"type": "string", "pattern": "^[a-zA-Z_:][a-zA-Z0-9_:]*$"},
    alert=_TEXT,
    expr=_TEXT,
    labels=_LABELS,
    annotations=_LABELS,
    **{"for": _DURATION},
)
_SPECS = {
    "ServiceMonitor": _object(
        ["endpoints", "selector"], endpoints=_list(_ENDPOINT), targetLabels=_list(_TEXT), **_COMMON
    ),
    "PodMonitor": _object(["selector"], podMetricsEndpoints=_list(_ENDPOINT), **_COMMON),
    "PrometheusRule": _object(
        [], groups=_list(_object(["name"], name=_TEXT, interval=_DURATION, rules=_list(_RULE)))
    ),
}


def schema(kind):
    """The schema of a manifest of this kind."""
    return _object(
        ["apiVersion", "kind", "metadata", "spec"],
        apiVersion={"const": "monitoring.coreos.com/v1"},
        kind={"const": kind},
        metadata=_object(["name"], name=_NAME, namespace=_NAME, labels=_LABELS, annotations=_LABELS),
        spec=_SPECS[kind],
    )
