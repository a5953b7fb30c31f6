"""What all chat products share."""
