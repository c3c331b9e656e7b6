"""Whose turn it is: which body has to publish what is due."""

from disclosures.domain.bodies import BODIES, ROLES

MANAGERS = ("service", "complaints")  # what the property manager discloses itself
# Where no book names who holds the money. Civil Code 943: the property manager makes the
# revenue of common parts public; what a committee spends, and the use of the fund, are the
# committee's to publish (165号令 30).
_ELSE = {"revenue": "property_manager", "expenses": "committee", "fund": "committee"}


def turn(kind: str, holder: str) -> str:
    """A key of `bodies.ROLES`. `holder`: who holds the money of the book, "" without one."""
    if kind in MANAGERS:
        return "property_manager"
    return holder or _ELSE[kind]


def role_of(body: str) -> str:
    """The role that speaks for a body."""
    return ROLES[body]


def body_name(body: str) -> str:
    """A body in words."""
    return BODIES[ROLES[body]]
