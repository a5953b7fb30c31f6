"""Measure answers against a question file and write the result as a page."""
