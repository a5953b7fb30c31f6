"""The embedding model: export it, run it."""
