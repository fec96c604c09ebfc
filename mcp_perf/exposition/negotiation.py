"""Negotiation: the formats that an Accept header takes, the most welcome first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from werkzeug.http import parse_accept_header, parse_options_header

Kind = Literal["text", "openmetrics", "protobuf"]
Escaping = Literal["allow-utf-8", "underscores", "dots", "values"]

_ESCAPINGS: tuple[Escaping, ...] = ("allow-utf-8", "underscores", "dots", "values")


@dataclass(frozen=True)
class Offer:
    """A format that there is: its media type, and what its parameters are where a header has them.

    One that `is_asked_for` is for those only that name it with all its parameters.
    """

    kind: Kind
    media_type: str
    parameters: Mapping[str, str]
    is_asked_for: bool = False


OFFERS = (
    Offer("text", "text/plain", {"version": "0.0.4"}),
    Offer("text", "text/plain", {"version": "1.0.0"}),
    Offer("openmetrics", "application/openmetrics-text", {"version": "1.0.0"}),
    Offer(
        "protobuf",
        "application/vnd.google.protobuf",
        {"proto": "io.prometheus.client.MetricFamily", "encoding": "delimited"},
        is_asked_for=True,
    ),
)


@dataclass(frozen=True)
class Choice:
    """A format, and how it writes names that are not plain words."""

    offer: Offer
    escaping: Escaping = "underscores"


FALLBACK = Choice(OFFERS[0])


@dataclass(frozen=True)
class Range:
    """What one part of an Accept header takes: a media type, wildcards in it perhaps, and how gladly."""

    media_type: str
    quality: float
    parameters: Mapping[str, str] = field(default_factory=dict)

    def fit(self, offer: Offer) -> int | None:
        """How closely it describes `offer`; None where it does not take it."""
        if self.media_type == offer.media_type:
            named = [name for name in offer.parameters if name in self.parameters]
            if any(self.parameters[name].lower() != offer.parameters[name].lower() for name in named):
                return None
            return 2 + len(named) if len(named) == len(offer.parameters) or not offer.is_asked_for else None
        if offer.is_asked_for:
            return None
        if self.media_type == "*/*":
            return 0
        return 1 if self.media_type == offer.media_type.partition("/")[0] + "/*" else None

    @property
    def escaping(self) -> Escaping:
        """The way of writing names that it asks for."""
        asked = self.parameters.get("escaping", "").lower()
        return next((escaping for escaping in _ESCAPINGS if escaping == asked), "underscores")


def choices(accept: str) -> Sequence[Choice]:
    """The formats for an Accept header, best first; the last is text 0.0.4, whatever the header says.

    Of several ranges that take a format the one that describes it most closely counts. Among equals formats
    that are named go before those that a wildcard takes, then those that are named earlier.
    """
    ranges = ranges_of(accept)
    found = []
    for place, offer in enumerate(OFFERS):
        taken = [
            (fit, one.quality, -number)
            for number, one in enumerate(ranges)
            if (fit := one.fit(offer)) is not None
        ]
        if taken:
            fit, quality, number = max(taken)
            if quality > 0:
                found.append((-quality, fit < 2, -number, place, Choice(offer, ranges[-number].escaping)))
    found.sort(key=lambda one: one[:4])
    return (*(one[4] for one in found), FALLBACK)


def ranges_of(accept: str) -> Sequence[Range]:
    """What an Accept header takes; nothing where nobody can read it."""
    try:
        parsed = list(parse_accept_header(accept or None))
    except Exception:
        return ()
    return [_range(item, quality) for item, quality in parsed]


def _range(item: str, quality: float) -> Range:
    media_type, parameters = parse_options_header(item)
    return Range(media_type.strip().lower(), quality, parameters)
