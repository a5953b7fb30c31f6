"""Providers of drafts, one module each, and what they are built from."""
