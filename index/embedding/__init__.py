"""Export, quantize and run the embedding model."""
