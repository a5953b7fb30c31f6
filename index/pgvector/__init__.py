"""Snapshots whose vectors, tokens, texts and readers are in PostgreSQL with pgvector; their words stay in files."""
