"""Citedesk in Slack."""
