"""What Citedesk remembers between requests."""
