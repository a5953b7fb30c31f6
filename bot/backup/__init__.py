"""Backups: make them while the bot runs, check them, restore them."""
