"""Citedesk in Microsoft Teams, over the connector of the Microsoft 365 Agents SDK."""
