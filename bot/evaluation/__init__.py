"""Measure answers against a question file, and show the result as a page."""
