"""A stand-in for a Slack workspace on loopback, with a browser page. Other machines cannot reach it."""
