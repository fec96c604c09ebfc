"""Messages: Prometheus' protobuf format, described here for the ``protobuf`` library.

The descriptions are in a pool of their own: another library may have put its copy of them in the common one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from google.protobuf import timestamp_pb2
from google.protobuf.descriptor_pb2 import FieldDescriptorProto as Field
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass

_PACKAGE = "io.prometheus.client"
_TYPES = ("COUNTER", "GAUGE", "SUMMARY", "UNTYPED", "HISTOGRAM", "GAUGE_HISTOGRAM")
COUNTER, GAUGE, SUMMARY, UNTYPED, HISTOGRAM, GAUGE_HISTOGRAM = range(len(_TYPES))
_SCALARS = {
    "double": Field.TYPE_DOUBLE,
    "int64": Field.TYPE_INT64,
    "sint32": Field.TYPE_SINT32,
    "sint64": Field.TYPE_SINT64,
    "string": Field.TYPE_STRING,
    "uint32": Field.TYPE_UINT32,
    "uint64": Field.TYPE_UINT64,
}
_TIMESTAMP = ".google.protobuf.Timestamp"

# Each field as "type name number", with "*" behind the type where it is repeated.
_MESSAGES = {
    "LabelPair": ("string name 1", "string value 2"),
    "Gauge": ("double value 1",),
    "Counter": ("double value 1", "Exemplar exemplar 2"),
    "Quantile": ("double quantile 1", "double value 2"),
    "Summary": ("uint64 sample_count 1", "double sample_sum 2", "Quantile* quantile 3"),
    "Untyped": ("double value 1",),
    "Histogram": (
        "uint64 sample_count 1",
        "double sample_count_float 4",
        "double sample_sum 2",
        "Bucket* bucket 3",
        "sint32 schema 5",
        "double zero_threshold 6",
        "uint64 zero_count 7",
        "double zero_count_float 8",
        "BucketSpan* negative_span 9",
        "sint64* negative_delta 10",
        "double* negative_count 11",
        "BucketSpan* positive_span 12",
        "sint64* positive_delta 13",
        "double* positive_count 14",
        "Exemplar* exemplars 16",
    ),
    "Bucket": (
        "uint64 cumulative_count 1",
        "double cumulative_count_float 4",
        "double upper_bound 2",
        "Exemplar exemplar 3",
    ),
    "BucketSpan": ("sint32 offset 1", "uint32 length 2"),
    "Exemplar": ("LabelPair* label 1", "double value 2", f"{_TIMESTAMP} timestamp 3"),
    "Metric": (
        "LabelPair* label 1",
        "Gauge gauge 2",
        "Counter counter 3",
        "Summary summary 4",
        "Untyped untyped 5",
        "Histogram histogram 7",
        "int64 timestamp_ms 6",
    ),
    "MetricFamily": ("string name 1", "string help 2", "MetricType type 3", "Metric* metric 4"),
}


def _described() -> FileDescriptorProto:
    file = FileDescriptorProto(
        name=f"{_PACKAGE.replace('.', '/')}/metrics.proto", package=_PACKAGE, syntax="proto2"
    )
    file.dependency.append(timestamp_pb2.DESCRIPTOR.name)
    types = file.enum_type.add(name="MetricType")
    for number, name in enumerate(_TYPES):
        types.value.add(name=name, number=number)
    for name, fields in _MESSAGES.items():
        message = file.message_type.add(name=name)
        for described in fields:
            message.field.append(_field(*described.split()))
    return file


def _field(kind: str, name: str, number: str) -> Field:
    field = Field(name=name, number=int(number))
    field.label = Field.LABEL_REPEATED if kind.endswith("*") else Field.LABEL_OPTIONAL
    kind = kind.removesuffix("*")
    if kind in _SCALARS:
        field.type = _SCALARS[kind]
    elif kind == "MetricType":
        field.type, field.type_name = Field.TYPE_ENUM, f".{_PACKAGE}.{kind}"
    else:
        field.type = Field.TYPE_MESSAGE
        field.type_name = kind if kind.startswith(".") else f".{_PACKAGE}.{kind}"
    return field


def _classes(*names: str) -> list[Any]:
    pool = DescriptorPool()
    pool.AddSerializedFile(timestamp_pb2.DESCRIPTOR.serialized_pb)
    pool.AddSerializedFile(_described().SerializeToString())
    return [GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.{name}")) for name in names]


Metric, MetricFamily = _classes("Metric", "MetricFamily")


def delimited(parts: Sequence[bytes]) -> list[bytes]:
    """The parts of a message, with the length of the whole in front."""
    return [_varint(sum(map(len, parts))), *parts]


def _varint(number: int) -> bytes:
    written = bytearray()
    while number > 0x7F:
        written.append(number & 0x7F | 0x80)
        number >>= 7
    written.append(number)
    return bytes(written)
