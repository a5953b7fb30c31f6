"""Workers for the durable queues, and scheduled work."""
