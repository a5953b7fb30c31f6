"""Ways to get a draft: one module each."""
