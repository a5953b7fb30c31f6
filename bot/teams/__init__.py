"""Citedesk in Microsoft Teams, through the connector client of the Microsoft 365 Agents SDK."""
