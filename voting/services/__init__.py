"""Commands of a vote: each one legal act, one durable transaction, one entry on the record."""
