"""Append-only, hash-linked, signed records: what happened, in which order."""
