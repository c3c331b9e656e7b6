"""Pure Python: no Django, no clock, no database."""
