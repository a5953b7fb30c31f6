"""Chat products, review desk, store, command line and process."""
