"""A loopback stand-in for a Slack workspace, with a page to act in it. Never reachable from outside."""
