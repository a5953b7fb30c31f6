"""Verify a draft against the retrieved text."""
