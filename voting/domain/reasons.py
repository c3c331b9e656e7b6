"""The reasons of `core.reasons`, by the name the rules of a vote know them."""

from core.reasons import Reason, demand_none, explains

__all__ = ["Reason", "demand_none", "explains"]
