"""Reading what a model wrote: thinking, JSON in any wrapping, and the forgiving form of a reply."""
