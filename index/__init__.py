"""Build an index of documents on disk and search it. Nothing here knows about language models that write."""
