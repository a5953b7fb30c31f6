"""The store: its port, its records and the implementation in SQLite."""
