"""Workers for the durable queues, and what is done on a schedule."""
