"""People: chat surfaces, review desk, stores, command line, process wiring."""
