"""Documents in, an index on disk out, and searching it. Knows nothing of models that write."""
