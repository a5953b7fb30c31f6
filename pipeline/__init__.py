"""A question in, an outcome out. Knows no chat product, no database and no HTTP server."""
