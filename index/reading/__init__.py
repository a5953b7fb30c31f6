"""Find and fetch sources, and convert them to documents."""
