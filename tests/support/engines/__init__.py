"""Real servers that tests start on loopback, one module an engine."""
