"""Code that all chat products share."""
