"""What may enter the prompt, the answer and the log."""
