"""Answer without a model: whole sections of the documents, word for word."""
