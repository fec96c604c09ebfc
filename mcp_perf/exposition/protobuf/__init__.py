"""Prometheus' protobuf format, with native histograms; here the ``protobuf`` library is needed."""
