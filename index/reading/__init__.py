"""Find, fetch and convert sources to documents."""
