"""Turn a question into an outcome. Knows no chat product, no database and no HTTP server."""
