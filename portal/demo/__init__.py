"""The sample estate and the story told on it."""
