"""Fixtures of the staff pages."""

from tests.town import town

__all__ = ["town"]
