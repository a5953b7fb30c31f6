"""Converters: each turns the bytes of one kind of file into Markdown, with what the file says about itself."""
