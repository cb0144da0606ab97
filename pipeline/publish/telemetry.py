"""Figures of a run to an OpenTelemetry collector, by OTLP over HTTP: the same gauges as in the metrics file.

Headers, certificates and compression are those of OpenTelemetry's own variables, as OTEL_EXPORTER_OTLP_HEADERS:
https://opentelemetry.io/docs/specs/otel/protocol/exporter/
"""

from __future__ import annotations

import re

from pipeline.publish.metrics import HELP, Figures

PATH, SECONDS = "/v1/metrics", 10
LABEL = re.compile(r'(\w+)="([^"]*)"')
MISSING = "the packages of OpenTelemetry are not installed: install rolecall[otel]"


def send(endpoint: str, figures: Figures) -> str | None:
    """Send the figures to a collector, `endpoint` without the path. Returns None, or why they did not arrive."""
    try:
        from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
        from opentelemetry.sdk.metrics import MeterProvider
        from opentelemetry.sdk.metrics.export import InMemoryMetricReader, MetricExportResult
        from opentelemetry.sdk.resources import Resource
    except ModuleNotFoundError:
        return MISSING
    reader = InMemoryMetricReader()
    provider = MeterProvider([reader], Resource.create({"service.name": "rolecall"}), shutdown_on_exit=False)
    meter = provider.get_meter("rolecall")
    gauges = {metric: meter.create_gauge(metric, description=text) for metric, text in HELP.items()}
    for name, value in figures.items():
        metric, _, labels = name.partition("{")
        gauges[metric].set(float(value), dict(LABEL.findall(labels)))
    exporter = OTLPMetricExporter(endpoint.rstrip("/") + PATH, timeout=SECONDS)
    try:
        data = reader.get_metrics_data()
        arrived = data is not None and exporter.export(data) is MetricExportResult.SUCCESS
    finally:
        exporter.shutdown()
        provider.shutdown()
    return None if arrived else "the collector took no metrics"
