"""Commands: one act, one durable transaction, one log entry."""
