"""The use cases. They import no chat product."""
