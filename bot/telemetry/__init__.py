"""Prometheus metrics, OpenTelemetry spans and the report over stored traces."""
