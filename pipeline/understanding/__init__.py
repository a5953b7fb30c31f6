"""What a message is before it is searched for: small talk or a question, its language, its misspelt words."""
