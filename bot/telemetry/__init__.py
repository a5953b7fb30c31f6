"""Metrics, traces and the report about stored requests."""
