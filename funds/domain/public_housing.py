"""Sold public housing (售后公有住房): owners and the selling organisation share its repairs.

165号令 20: what falls to sold public housing is borne by its owners and the selling
organisation (售房单位) in the ratio of what each paid into the fund, and what of it falls to
the owners by area (20(2)); next to commodity housing or shops everything is first shared by
area (20(3)). What is not sold yet bears by its area, as anywhere (21).

All of it is one apportionment with whole-number weights, so that nothing is rounded on the way.
"""

from collections.abc import Sequence
from math import gcd, lcm
from typing import NamedTuple

from core.errors import RuleViolation
from core.text import half_width

SELLER = "售房单位"
SHARED_WITH_SELLER = (
    "售后公房的部分先由业主和售房单位按照所交存的维修资金的比例分摊（165号令第二十条），"
    "业主承担的"
)
_MOST = 2**63 - 1  # what the database holds as one number, and sums


class Body(NamedTuple):
    """Sold public housing of one selling organisation, in fen.

    `owners`: the first deposits of its owners together; `sellers`: what the organisation paid
    in, by building.
    """

    owners: int
    sellers: tuple[int, ...]


class Weights(NamedTuple):
    """Of each unit in the order given, and of each body's seller by building."""

    units: list[int]
    sellers: list[list[int]]


def weigh(bases: Sequence[tuple[int, int | None]], bodies: Sequence[Body]) -> Weights:
    """What everybody weighs in one apportionment, in the smallest whole numbers.

    Args:
        bases: of each unit what it would weigh without a seller (its area, or what was
            agreed), and the index of its body; None where it bears all of its part.
        bodies: with O = `owners` and S = sum of `sellers`, a unit of base a in it weighs
            a·O/(O+S), its seller S/(O+S) of all their bases, each building by its deposit.

    Raises:
        RuleViolation: "repair.deposits" for a body nobody paid anything into, and
            "repair.weights" where the numbers are too large to be kept.
    """
    held = [0] * len(bodies)
    for base, body in bases:
        if body is not None:
            held[body] += base
    wholes = [one.owners + sum(one.sellers) for one in bodies]
    if 0 in wholes:
        raise RuleViolation(
            "repair.deposits", "业主和售房单位都没有交存过维修资金，没有比例可以分摊"
        )
    common = lcm(*wholes)
    units = [
        base * common if body is None else base * bodies[body].owners * (common // wholes[body])
        for base, body in bases
    ]
    sellers = [
        [base * paid * (common // whole) for paid in one.sellers]
        for base, whole, one in zip(held, wholes, bodies, strict=True)
    ]
    everybody = [*units, *(weight for one in sellers for weight in one)]
    divisor = gcd(*everybody) or 1
    if sum(everybody) // divisor > _MOST:
        raise RuleViolation(
            "repair.weights",
            "几家售房单位的交存比例放在一起，份额的数太大，不能一起分摊：请按售房单位分开申请",
        )
    return Weights(
        [weight // divisor for weight in units],
        [[weight // divisor for weight in one] for one in sellers],
    )


def seller_label(building: str, organisation: str) -> str:
    """What the selling organisation's account for a building is called: 1幢售房单位（…）."""
    return f"{building}{SELLER}（{organisation}）"


class SellerName(NamedTuple):
    """How a table calls a selling organisation's account; empty where it does not say."""

    building: str
    organisation: str


def read_seller(text: str) -> SellerName | None:
    """1幢售房单位（样例机械厂）, 售房单位：样例机械厂, 1幢售房单位; None for anything else."""
    plain = "".join(half_width(text).split())
    building, found, name = plain.partition(SELLER)
    if not found:
        return None
    if name.startswith("(") and name.endswith(")"):
        name = name[1:-1]
    return SellerName(building, name.removeprefix(":"))
