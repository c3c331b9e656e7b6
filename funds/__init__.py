"""The maintenance fund. For now: how a cost is shared among the units that bear it."""
